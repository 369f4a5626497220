/**
 * Runs the built command in processes of its own, as users do: for the tests of this folder. Nothing but tests may
 * import this.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * An experiment whose steps take milliseconds: a RoBERTa of one layer learns the pairs of a pairs.jsonl beside it. `tokenizer` is
 * the folder of its vocabulary.
 */
export const tinyExperiment = (tokenizer: string) => ({
  name: 'tiny',
  seed: 3,
  teacher: join(root, 'models', 'emoji-sd', 'model'),
  student: {
    kind: 'roberta',
    start: 'random',
    tokenizer,
    config: {
      hidden_size: 192,
      intermediate_size: 64,
      num_hidden_layers: 1,
      num_attention_heads: 2,
      max_position_embeddings: 80,
      type_vocab_size: 1,
      hidden_act: 'gelu',
      layer_norm_eps: 1e-5,
      pad_token_id: 1,
    },
  },
  corpus: { pairs: 'pairs.jsonl', validation: 0.2 },
  training: { epochs: 1, batchSize: 2, learningRate: 1e-3, optimizer: 'torch', checkpointEvery: 10 },
  samples: [{ ko: '빨간 사과', en: 'a red apple' }],
  drawing: { steps: 1, guidance: 5, seed: 0 },
});

/** The command to test; KSD_CLI names one that is built or installed elsewhere. */
const main = process.env['KSD_CLI'] ?? join(root, 'dist', 'cli', 'main.js');

export interface Finished {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
}

/** Starts `ksd ...args` in `folder`. Its messages are English unless `environment` says otherwise. */
export function startKsd(
  folder: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Running {
  return start(folder, [process.execPath, main, ...args], environment);
}

function start(
  folder: string,
  [command, ...args]: readonly [string, ...string[]],
  environment: Readonly<Record<string, string>>,
): Running {
  const { LANG, LC_ALL, LC_MESSAGES, KSD_LANG, KSD_DEBUG, ...inherited } = process.env;
  const child = spawn(command, args, {
    cwd: folder,
    env: { ...inherited, KSD_LANG: 'en', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const texts = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (texts.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (texts.stderr += text));
  const finished = new Promise<Finished>((resolve, reject) => {
    child.on('error', reject).on('close', (status) => resolve({ status, ...texts }));
  });
  return { child, finished };
}

/** The same under a launcher: `words` are those before `node`. */
export function startKsdUnder(
  words: readonly [string, ...string[]],
  folder: string,
  args: readonly string[],
): Running {
  return start(folder, [...words, process.execPath, main, ...args], {});
}

/** The same where no file may be larger than `kibibytes`, as on a disk that is full. */
export function startKsdOnFullDisk(folder: string, args: readonly string[], kibibytes: number): Running {
  return start(
    folder,
    ['bash', '-c', `ulimit -f ${kibibytes}; exec "$0" "$@"`, process.execPath, main, ...args],
    {},
  );
}

/** Runs `ksd ...args` in `folder` to its end. */
export function ksd(
  folder: string,
  args: readonly string[],
  environment?: Readonly<Record<string, string>>,
): Promise<Finished> {
  return startKsd(folder, args, environment).finished;
}

/** An empty folder that is removed with the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ksd-cli-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Throws if the command was not built since its sources changed. */
export async function requireBuild(): Promise<void> {
  if (process.env['KSD_CLI'] !== undefined) return;
  const built = (await stat(main).catch(() => undefined))?.mtimeMs;
  if (built === undefined) throw new Error(`${main} is not there. Run \`npm run build\` first.`);
  const source = join(root, 'src');
  for (const name of await readdir(source, { recursive: true })) {
    if (!name.endsWith('.ts') || name.endsWith('.test.ts')) continue;
    if ((await stat(join(source, name))).mtimeMs > built) {
      throw new Error(`src/${name} is newer than ${main}. Run \`npm run build\` first.`);
    }
  }
}
