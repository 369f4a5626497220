import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openTextEncoder } from '../encoders/textEncoder.ts';
import { openRuntime } from '../runtime/node.ts';
import { readManifest } from './manifest.ts';
import { partOf } from './place.ts';
import { planPull } from './plan.ts';
import { pull } from './pull.ts';
import { commitOf, hubServer, type Seen, sha256 } from './testing/hubServer.ts';
import {
  contentOf,
  emojiRepo,
  expectWhole,
  namesIn,
  pulled,
  reasonOf,
  robertaRepo,
  robertaServer,
  temporaryFolder,
} from './testing/world.ts';

const weights = 'model.safetensors';

function fetched(seen: readonly Seen[], path: string): Seen[] {
  return seen.filter((one) => one.host === 'store' && one.path.endsWith(`/${path}`));
}

describe('a pulled folder', () => {
  test('of a Stable Diffusion holds only what we read, over a list of many pages', async () => {
    const server = await hubServer({ 'CompVis/stable-diffusion-v1-4': await emojiRepo() });
    server.pageSize = 3;
    const folder = await temporaryFolder();
    await pulled(server, { name: 'CompVis/stable-diffusion-v1-4', folder });
    expect(await namesIn(folder)).toEqual(
      ['.ksd-pull.json', ...(await namesIn('models/emoji-sd/model'))].sort(),
    );
  });

  test('of a text encoder opens as it is', async () => {
    const folder = await temporaryFolder();
    await pulled(await robertaServer(), { folder });
    const encoder = await openTextEncoder(await openRuntime('cpu'), folder);
    expect((await encoder.encode(['빨간 사과'])).shape).toEqual([1, 77, 192]);
    await encoder.dispose();
  });

  test('remembers the commit and the checksum of each file', async () => {
    const repo = await robertaRepo();
    const folder = await temporaryFolder();
    await pulled(await robertaServer(), { folder });
    const manifest = await readManifest(folder);
    expect(manifest).toMatchObject({ repo: 'klue/roberta-small', commit: commitOf(repo), complete: true });
    const digest = sha256(contentOf(repo, weights));
    expect(manifest?.files[weights]?.checksum).toEqual({ algorithm: 'sha256', digest });
  });

  test('is not fetched again, but for the file that was damaged or removed', async () => {
    const server = await robertaServer();
    const folder = await temporaryFolder();
    await pulled(server, { folder });
    await rm(join(folder, 'vocab.txt'));
    const damaged = await readFile(join(folder, weights));
    damaged[5000]! ^= 1;
    await writeFile(join(folder, weights), damaged);
    server.seen.length = 0;
    const events = await pulled(server, { folder });
    const again = events.flatMap((event) => (event.kind === 'file' && event.fetched ? [event.path] : []));
    expect(again.sort()).toEqual([weights, 'vocab.txt']);
    expect(fetched(server.seen, weights)).toHaveLength(1);
    await expectWhole(folder, weights);
  });

  test('takes over files that somebody else put there, if they are the right ones', async () => {
    const server = await robertaServer();
    const folder = await temporaryFolder();
    await writeFile(join(folder, weights), contentOf(await robertaRepo(), weights));
    await pulled(server, { folder });
    expect(fetched(server.seen, weights)).toEqual([]);
  });

  test('follows the revision when it changes, and keeps what is the same', async () => {
    const server = await robertaServer();
    const folder = await temporaryFolder();
    await pulled(server, { folder });
    const changed = (await robertaRepo()).map((file) =>
      file.path === 'vocab.txt' ? { ...file, content: Buffer.from('[PAD]\n'.repeat(9)) } : file,
    );
    server.repos.set('klue/roberta-small', changed);
    const events = await pulled(server, { folder });
    expect(events.flatMap((event) => (event.kind === 'file' && event.fetched ? [event.path] : []))).toEqual([
      'vocab.txt',
    ]);
    expect((await readManifest(folder))?.commit).toBe(commitOf(changed));
  });
});

test('a revision that changes during a pull does not mix: everything is asked for at one commit', async () => {
  const server = await robertaServer();
  const folder = await temporaryFolder();
  const access = { endpoint: server.endpoint };
  const plan = await planPull(access, { name: 'klue/roberta-small', folder }, { waits: [] });
  server.repos.set('klue/roberta-small', [{ path: 'config.json', content: Buffer.from('{}') }]);
  const work = (async () => {
    for await (const _ of pull(plan));
  })();
  expect(await reasonOf(work)).toBe('no-revision');
  expect(await namesIn(folder)).not.toContain('config.json');
});

describe('a download that is cut off', () => {
  test('goes on from the byte that it reached, in the same pull', async () => {
    const server = await robertaServer();
    server.faults.set(`store ${weights}`, [{ cutAfter: 1_000_000 }, { cutAfter: 2_000_000 }]);
    const folder = await temporaryFolder();
    await pulled(server, { folder });
    const ranges = fetched(server.seen, weights).map(({ range }) => range);
    expect(ranges[0]).toBeUndefined();
    expect(ranges).toHaveLength(3);
    const [second, third] = ranges.slice(1).map((range) => Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1]));
    expect(second).toBeGreaterThan(0);
    expect(second).toBeLessThanOrEqual(1_000_000);
    expect(third).toBeGreaterThan(second!);
    expect(third).toBeLessThanOrEqual(second! + 2_000_000);
    await expectWhole(folder, weights);
  });

  test('goes on in the next pull where the part that an earlier one left ends, and tells of all bytes once', async () => {
    const server = await robertaServer();
    const folder = await temporaryFolder();
    const content = contentOf(await robertaRepo(), weights);
    const checksum = { algorithm: 'sha256', digest: sha256(content) } as const;
    await writeFile(partOf(join(folder, weights), checksum), content.subarray(0, 1_234_567));
    const events = await pulled(server, { folder });
    expect(fetched(server.seen, weights).map(({ range }) => range)).toEqual(['bytes=1234567-']);
    const counted = events.reduce((sum, event) => sum + (event.kind === 'bytes' ? event.count : 0), 0);
    expect(counted).toBe((await robertaRepo()).reduce((sum, file) => sum + file.content.length, 0));
    await expectWhole(folder, weights);
    expect((await namesIn(folder)).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  test('begins anew where the server knows no ranges', async () => {
    const server = await robertaServer();
    server.faults.set(`store ${weights}`, [{ cutAfter: 1_000_000 }, 'no-range']);
    const folder = await temporaryFolder();
    await pulled(server, { folder });
    await expectWhole(folder, weights);
  });

  test('does not go on with the part of another content, which goes away with the file', async () => {
    const server = await robertaServer();
    const folder = await temporaryFolder();
    const other = { algorithm: 'sha256', digest: 'f'.repeat(64) } as const;
    await writeFile(partOf(join(folder, weights), other), 'of another revision');
    await pulled(server, { folder });
    expect(fetched(server.seen, weights).map(({ range }) => range)).toEqual([undefined]);
    expect((await namesIn(folder)).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  test('is given up after a few attempts that bring nothing, and keeps its part', async () => {
    const server = await robertaServer();
    server.faults.set(`store ${weights}`, [{ cutAfter: 500_000 }, ...Array(9).fill({ cutAfter: 0 })]);
    const folder = await temporaryFolder();
    expect(await reasonOf(pulled(server, { folder }))).toBe('connection');
    expect((await readManifest(folder))?.complete).toBe(false);
    server.faults.clear();
    server.seen.length = 0;
    await pulled(server, { folder });
    expect(fetched(server.seen, weights)[0]?.range).toMatch(/^bytes=\d+-$/);
  });

  test('keeps its part when it is interrupted, and throws the reason of the signal', async () => {
    const server = await robertaServer();
    server.faults.set(`store ${weights}`, [{ stallAfter: 300_000 }]);
    const folder = await temporaryFolder();
    const controller = new AbortController();
    const reason = new Error('Ctrl-C');
    const plan = await planPull({ endpoint: server.endpoint }, { name: 'klue/roberta-small', folder });
    const work = (async () => {
      let bytes = 0;
      for await (const event of pull(plan, { signal: controller.signal })) {
        if (event.kind === 'bytes') bytes += event.count;
        if (bytes > 290_000) controller.abort(reason);
      }
    })();
    await expect(work).rejects.toBe(reason);
    server.seen.length = 0;
    await pulled(server, { folder });
    expect(fetched(server.seen, weights)[0]?.range).toMatch(/^bytes=\d+-$/);
  });
});

describe('bytes that are not the right ones', () => {
  test('of a large or a small file are an error, and nothing of them stays', async () => {
    for (const [fault, path] of [
      [`store ${weights}`, weights],
      ['hub /special_tokens_map.json', 'special_tokens_map.json'],
    ] as const) {
      const server = await robertaServer();
      const end = fault.startsWith('hub') ? 'special_tokens_map.json' : fault;
      server.faults.set(end, ['corrupt']);
      const folder = await temporaryFolder();
      expect(await reasonOf(pulled(server, { folder }))).toBe('corrupt');
      expect((await namesIn(folder)).filter((name) => name.startsWith(path))).toEqual([]);
      await pulled(server, { folder });
      await expectWhole(folder, path);
    }
  });

  test('in the part of an earlier pull are found', async () => {
    const folder = await temporaryFolder();
    const content = contentOf(await robertaRepo(), weights);
    const checksum = { algorithm: 'sha256', digest: sha256(content) } as const;
    await writeFile(partOf(join(folder, weights), checksum), Buffer.alloc(1000));
    expect(await reasonOf(pulled(await robertaServer(), { folder }))).toBe('corrupt');
  });
});

test('a model that is larger than the disk is refused before anything is fetched', async () => {
  const server = await robertaServer();
  server.claimed.set(weights, 2 ** 52);
  expect(await reasonOf(pulled(server, { folder: await temporaryFolder() }))).toBe('no-space');
  expect(server.seen.filter(({ host }) => host === 'store')).toEqual([]);
});

test('one file of a repository comes alone, into a folder that may hold others', async () => {
  const server = await hubServer({ 'CompVis/stable-diffusion-v1-4': await emojiRepo() });
  const folder = await temporaryFolder();
  const name = 'CompVis/stable-diffusion-v1-4';
  await pulled(server, { name, folder, file: 'v1-pruned.ckpt' });
  expect(await namesIn(folder)).toEqual(['.ksd-pull.json', 'v1-pruned.ckpt']);
  await pulled(server, { name, folder, file: 'README.md' });
  expect(Object.keys((await readManifest(folder))?.files ?? {}).sort()).toEqual([
    'README.md',
    'v1-pruned.ckpt',
  ]);
  expect(await reasonOf(pulled(server, { name, folder, file: 'none.ckpt' }))).toBe('no-file');
});
