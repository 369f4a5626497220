import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import { type HubServer, hubServer, sha256 } from '../hub/testing/hubServer.ts';
import { emojiRepo, robertaRepo, robertaServer } from '../hub/testing/world.ts';
import { ksd, requireBuild, startKsd, temporaryFolder } from './testing.ts';

beforeAll(requireBuild);

const weights = 'model.safetensors';
const roberta = join('models', 'roberta-small');

/** Asks the test's Hub, and knows no token of the person who runs the tests. */
function at({ endpoint }: HubServer): Record<string, string> {
  return { HF_ENDPOINT: endpoint, HF_TOKEN: '' };
}

/** Waits until a part in `folder` has bytes; returns its path. */
async function partIn(folder: string): Promise<string> {
  for (;;) {
    const name = (await readdir(folder).catch(() => [])).find(
      (one) => one.endsWith('.part') && one.startsWith(weights),
    );
    if (name !== undefined && (await stat(join(folder, name))).size > 0) return join(folder, name);
    await sleep(20);
  }
}

function rangesOf({ seen }: HubServer): (string | undefined)[] {
  return seen
    .filter(({ host, path }) => host === 'store' && path.endsWith(weights))
    .map(({ range }) => range);
}

async function expectWhole(folder: string): Promise<void> {
  const content = (await robertaRepo()).find(({ path }) => path === weights)!.content;
  expect(sha256(await readFile(join(folder, roberta, weights)))).toBe(sha256(content));
}

test('a pulled Stable Diffusion draws', async () => {
  const server = await hubServer({ 'CompVis/stable-diffusion-v1-4': await emojiRepo() });
  const folder = await temporaryFolder();
  const pulled = await ksd(folder, ['pull', 'CompVis/stable-diffusion-v1-4'], at(server));
  expect(pulled.stderr).toContain('unet/diffusion_pytorch_model.safetensors');
  expect(pulled.stdout).toBe(`${join('models', 'stable-diffusion-v1-4')}\n`);
  expect(pulled.status).toBe(0);
  const args = ['--model', pulled.stdout.trim(), '--steps', '1', '--out', 'apple.png'];
  const drawn = await ksd(folder, ['generate', 'a red apple', ...args]);
  expect(drawn.stdout).toBe('apple.png\n');
  expect(drawn.status).toBe(0);
});

test('a pull that was killed goes on at the byte that its part ends with', async () => {
  const server = await robertaServer();
  server.faults.set(`store ${weights}`, [{ stallAfter: 3_000_000 }]);
  const folder = await temporaryFolder();
  const killed = startKsd(folder, ['pull', 'klue/roberta-small'], at(server));
  const part = await partIn(join(folder, roberta));
  killed.child.kill('SIGKILL');
  await killed.finished;
  const { size } = await stat(part);
  const again = await ksd(folder, ['pull', 'klue/roberta-small'], at(server));
  expect(again.status).toBe(0);
  expect(rangesOf(server)).toEqual([undefined, `bytes=${size}-`]);
  await expectWhole(folder);
});

test('Ctrl-C stops it with a word on how to go on, and an unfinished model is answered with the same', async () => {
  const server = await robertaServer();
  server.faults.set(`store ${weights}`, [{ stallAfter: 3_000_000 }]);
  const folder = await temporaryFolder();
  const stopped = startKsd(folder, ['pull', 'klue/roberta-small'], at(server));
  await partIn(join(folder, roberta));
  stopped.child.kill('SIGINT');
  const { status, stdout, stderr } = await stopped.finished;
  expect(status).toBe(130);
  expect(stdout).toContain('Run the same command to go on');
  expect(stderr).not.toContain('    at ');
  const drawn = await ksd(folder, ['generate', 'x', '--student', roberta]);
  expect(drawn.stderr).toContain(`ksd pull klue/roberta-small@main --out ${roberta}`);
  expect((await ksd(folder, ['pull', 'klue/roberta-small'], at(server))).status).toBe(0);
  await expectWhole(folder);
});

test('--dry-run shows the files and their size, and writes nothing', async () => {
  const server = await robertaServer();
  const folder = await temporaryFolder();
  const { status, stdout } = await ksd(folder, ['pull', 'klue/roberta-small', '--dry-run'], at(server));
  expect(status).toBe(0);
  expect(stdout).toMatch(/model\.safetensors +5\.9 MB\n/);
  expect(stdout).toContain('6 files, 6.1 MB, of which 0 B are there.');
  expect(await readdir(folder)).toEqual([]);
});

test('errors tell Koreans in Korean what to do', async () => {
  const server = await robertaServer();
  server.gated.set('klue/roberta-small', 'hf_secret');
  const folder = await temporaryFolder();
  const korean = { ...at(server), KSD_LANG: 'ko' };
  const { status, stderr } = await ksd(folder, ['pull', 'klue/roberta-small'], korean);
  expect(status).toBe(1);
  expect(stderr).toContain('[HUB]');
  expect(stderr).toContain('약관에 동의');
  expect(stderr).toContain('HF_TOKEN');
  const both = await ksd(folder, ['pull', 'nobody/nothing'], { ...at(server), KSD_LANG: 'both' });
  expect(both.stderr).toContain('찾을 수 없습니다');
  expect(both.stderr).toContain('The Hub shows no model nobody/nothing');
});

test('a model that is not there but has a name like those of the Hub is answered with how to fetch it', async () => {
  const folder = await temporaryFolder();
  const draw = async (...args: string[]) => (await ksd(folder, ['generate', 'x', ...args])).stderr;
  expect(await draw('--model', 'runwayml/stable-diffusion-v1-5')).toContain(
    '`ksd pull runwayml/stable-diffusion-v1-5`',
  );
  expect(await draw('--model', 'models/stable-diffusion-v1-4')).toContain(
    '`ksd pull CompVis/stable-diffusion-v1-4`',
  );
  expect(await draw('--student', 'klue/roberta-small')).toContain('`ksd pull klue/roberta-small`');
  expect(await draw('--model', './nowhere')).not.toContain('ksd pull');
});
