/**
 * Reports as pages of their own: no script, font or picture from elsewhere. Korean and English are both in a page, and a
 * switch that needs no script shows one of them. Knows no report.
 */
import { escapeXml } from './svg.ts';

/** Words for readers of either language. */
export interface Words {
  readonly ko: string;
  readonly en: string;
}

/** A text in both languages, of which the page shows one. */
export function both(ko: string, en: string): string {
  return `<span lang="ko">${escapeXml(ko)}</span><span lang="en">${escapeXml(en)}</span>`;
}

export function said({ ko, en }: Words): string {
  return both(ko, en);
}

export function section(ko: string, en: string, ...content: readonly string[]): string {
  return `<section><h2>${both(ko, en)}</h2>${content.join('')}</section>`;
}

/** The whole page; sections that are empty are left out. The same arguments give the same bytes. `more`: style that it adds. */
export function page(title: string, sections: readonly string[], more = ''): string {
  return `<!doctype html>
<html lang="ko">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<title>${escapeXml(title)}</title>
<style>${style}${more}</style>
</head>
<body>
<input type="checkbox" id="english" class="switch"/>
<main>
<label for="english" class="language"><span lang="ko">English</span><span lang="en">한국어</span></label>
${sections.filter((text) => text !== '').join('\n')}
</main>
</body>
</html>
`;
}

/** Quiet and dense, light or dark as the reader's system is. */
const style = `
:root{--ink:#1b1f24;--muted:#626b76;--line:#e4e7eb;--paper:#fff;--soft:#f5f6f8;--keep:#2f6fde;--drop:#e2a33b;color-scheme:light dark}
@media (prefers-color-scheme:dark){:root{--ink:#e8eaed;--muted:#98a1ac;--line:#333a42;--paper:#15181c;--soft:#1e2329;--keep:#6ea1f5;--drop:#d79a3a}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.55 Pretendard,"Apple SD Gothic Neo","Malgun Gothic","Noto Sans KR",system-ui,sans-serif;word-break:keep-all;overflow-wrap:anywhere}
main{max-width:1080px;margin:0 auto;padding:24px 20px 64px;position:relative}
.switch{position:absolute;opacity:0}
.language{position:absolute;right:20px;top:24px;color:var(--muted);border:1px solid var(--line);border-radius:6px;padding:2px 10px;cursor:pointer}
.switch:focus-visible~main .language{outline:2px solid var(--keep);outline-offset:2px}
.switch:not(:checked)~main span[lang=en],.switch:checked~main span[lang=ko]{display:none}
h1{font-size:20px;margin:0}
h2{font-size:17px;margin:40px 0 8px}
h3{font-size:14px;margin:20px 0 6px;color:var(--muted)}
.headline{margin:8px 0 0;font-size:17px}
.headline b{font-size:34px;letter-spacing:-.02em}
.quiet{color:var(--muted)}
table{border-collapse:collapse;width:100%;font-size:14px}
table.narrow{width:auto}
caption{caption-side:top;text-align:left;color:var(--muted);padding:0 0 6px}
th,td{padding:5px 12px 5px 0;border-bottom:1px solid var(--line);text-align:left;vertical-align:top;font-weight:400}
thead th{color:var(--muted);font-size:13px;vertical-align:bottom}
.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
thead .number{white-space:normal}
.total th,.total td{font-weight:600;border-bottom:0}
small{display:block;color:var(--muted);font-size:12.5px}
.wide{width:45%;vertical-align:middle}
.track{display:flex;height:14px;background:var(--soft);border-radius:3px;overflow:hidden}
.keep{background:var(--keep)}
.drop{background:var(--drop);min-width:1px}
.scroll{overflow-x:auto}
.scroll th:first-child{min-width:220px}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,420px),1fr));gap:12px 28px}
figure{margin:0}
figcaption{font-size:13px;color:var(--muted)}
.histogram{width:100%;height:auto;display:block}
.bar{fill:var(--keep)}
.axis{stroke:var(--line)}
.limit{stroke:var(--ink);stroke-dasharray:3 2}
.tick{fill:var(--muted);font-size:10px}
.limit-text{fill:var(--ink);paint-order:stroke;stroke:var(--paper);stroke-width:3px}
dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(300px,1fr));gap:6px 20px;font-size:13px;margin:12px 0 0}
dl div{display:flex;gap:8px}
dt{white-space:nowrap}
dd{margin:0;color:var(--muted)}
code{font-size:13px}
@media (max-width:600px){.wide{width:30%}main{padding:16px 14px 48px}}
@media print{.language{display:none}section{break-inside:avoid}}
`;
