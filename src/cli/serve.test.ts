import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { ksd, type Running, requireBuild, startKsd, temporaryFolder } from './testing.ts';

beforeAll(requireBuild);

/** A step of a busy machine may take a second. */
const patient = { timeout: 60_000 };

const quiet = ['serve', '--no-open', '--port', '0', '--device', 'cpu'];

/** The address that it tells once it listens. */
async function addressOf({ child, finished }: Running): Promise<string> {
  let told = '';
  child.stdout?.on('data', (text: string) => (told += text));
  await expect.poll(() => /^http\S+$/m.test(told) || child.exitCode !== null, patient).toBe(true);
  const [address] = /^http\S+$/m.exec(told) ?? [];
  if (address === undefined) throw new Error((await finished).stderr);
  return address;
}

async function serve(folder: string): Promise<Running & { address: string }> {
  const running = startKsd(folder, quiet);
  onTestFinished(() => void running.child.kill('SIGKILL'));
  return { ...running, address: await addressOf(running) };
}

async function post(address: string, steps: number): Promise<string> {
  const body = JSON.stringify({ kind: 'generate', prompt: '빨간 사과', steps, previewEvery: 0 });
  const headers = { 'content-type': 'application/json' };
  return (await (await fetch(`${address}/api/jobs`, { method: 'POST', headers, body })).json()).id;
}

const stateOf = async (address: string, id: string) =>
  (await (await fetch(`${address}/api/jobs/${id}`)).json()).state;

/** Processes of a process, as Linux lists them. */
async function childrenOf(pid: number | undefined): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  return text.split(' ').filter(Boolean).map(Number);
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test('the first Ctrl-C lets the picture in work end; a server that was killed goes on where it was', async () => {
  const folder = await temporaryFolder();
  const killed = await serve(folder);
  const [long, waiting] = [await post(killed.address, 60), await post(killed.address, 1)];
  await expect.poll(() => stateOf(killed.address, long), patient).toBe('running');
  const [worker] = await childrenOf(killed.child.pid);
  killed.child.kill('SIGKILL');
  await killed.finished;
  // What drew for it has nobody to draw for.
  if (worker !== undefined) await expect.poll(() => lives(worker), patient).toBe(false);

  const server = await serve(folder);
  await expect.poll(() => stateOf(server.address, waiting), patient).toBe('done');
  expect(await stateOf(server.address, long)).toBe('done');
  const last = await post(server.address, 60);
  await expect.poll(() => stateOf(server.address, last), patient).toBe('running');
  server.child.kill('SIGINT');
  expect((await server.finished).status).toBe(0);
  const kept = JSON.parse(await readFile(join(folder, 'data', 'jobs', `${last}.json`), 'utf8'));
  expect(kept.state).toBe('done');
});

test('others may use a server only with a key, unless somebody says that they may', async () => {
  const folder = await temporaryFolder();
  for (const reached of [['--host', '0.0.0.0'], ['--trust-proxy']]) {
    const { status, stderr } = await ksd(folder, [...quiet, ...reached]);
    expect(status).toBe(1);
    expect(stderr).toContain('[CONFIG]');
    expect(stderr).toContain('--api-key');
  }
});

test('a model that is none and a port that is taken are told at once', async () => {
  const folder = await temporaryFolder();
  const none = await ksd(folder, [...quiet, '--model', 'nowhere']);
  expect(none.stderr).toContain('[CHECKPOINT]');
  const other = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void other.close());
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const taken = await ksd(folder, ['serve', '--no-open', '--device', 'cpu', '--port', String(port)]);
  expect(taken.status).toBe(1);
  expect(taken.stderr).toContain('[RUNTIME]');
});
