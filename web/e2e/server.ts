/** The built `ksd serve` in a process of its own, as users start it. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Of the repository, from the sources and from where they are compiled to. */
export const root = process.env['KSD_ROOT'] ?? fileURLToPath(new URL('../..', import.meta.url));

export interface StartedServer {
  readonly url: string;
  /** Ends at once, whatever is being drawn. */
  stop(): Promise<void>;
}

/** In `folder`, where everything that it writes stays. */
export function startServer(folder: string, args: readonly string[] = []): Promise<StartedServer> {
  const main = join(root, 'dist', 'cli', 'main.js');
  const experiments = join(root, 'experiments');
  const given = [
    'serve',
    '--port',
    '0',
    '--no-open',
    '--device',
    'cpu',
    '--experiments',
    experiments,
    ...args,
  ];
  const child = spawn(process.execPath, [main, ...given], {
    cwd: folder,
    env: { ...process.env, KSD_LANG: 'en' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  return new Promise((resolve, reject) => {
    let told = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      told += text;
    });
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const url = /^http:\S+/m.exec(text)?.[0];
      if (url === undefined) return;
      resolve({
        url,
        async stop() {
          child.kill('SIGINT');
          child.kill('SIGINT');
          const late = setTimeout(() => child.kill('SIGKILL'), 10_000);
          await ended;
          clearTimeout(late);
        },
      });
    });
    void ended.then(() => reject(new Error(`ksd serve ended: ${told}`)));
  });
}
