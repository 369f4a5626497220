/** What stands above every page: the name, the pages, what the server does now, language and colours. */
import { Icon, Seal } from '../components/icon.tsx';
import { watchedJobs } from '../state/jobs.ts';
import { formatRoute, pages, route } from '../state/route.ts';
import { language, nextTheme, theme } from '../state/settings.ts';
import { t } from '../texts/texts.ts';

const darkQuery = globalThis.matchMedia?.('(prefers-color-scheme: dark)');

export function Header() {
  return (
    <header class="header">
      <a class="brand" href={formatRoute('draw')} aria-label={t().app.name}>
        <Seal />
        <span class="brand-name">K-Stable-Diffusion</span>
      </a>
      <Tabs />
      <div class="header-tools">
        <Activity />
        <button
          type="button"
          class="text-button"
          lang={language.value === 'ko' ? 'en' : 'ko'}
          onClick={() => {
            language.value = language.value === 'ko' ? 'en' : 'ko';
          }}
        >
          {t().app.language}
        </button>
        <ThemeButton />
      </div>
    </header>
  );
}

function Tabs() {
  return (
    <nav class="tabs" aria-label={t().app.pages}>
      {pages.map((page) => (
        <a key={page} href={formatRoute(page)} aria-current={route.value.page === page ? 'page' : undefined}>
          <Icon name={page} />
          <span>{t().pages[page]}</span>
        </a>
      ))}
    </nav>
  );
}

function Activity() {
  const states = watchedJobs.value.map((view) => view.job.state);
  const running = states.filter((state) => state === 'running').length;
  const queued = states.filter((state) => state === 'queued').length;
  if (running + queued === 0) return null;
  return (
    <span class="activity" role="status">
      <span class="activity-dot" />
      {t().app.queue(running, queued)}
    </span>
  );
}

function ThemeButton() {
  const next = nextTheme(theme.value, darkQuery?.matches ?? false);
  return (
    <button
      type="button"
      class="icon-button"
      aria-label={next === 'dark' ? t().app.toDark : t().app.toLight}
      onClick={() => {
        theme.value = next;
      }}
    >
      <Icon name={next === 'dark' ? 'moon' : 'sun'} />
    </button>
  );
}
