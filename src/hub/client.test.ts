import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { HubError } from '../errors.ts';
import { hubAccess } from './access.ts';
import { hubServer } from './testing/hubServer.ts';
import { pulled, robertaRepo, robertaServer, type TestPull, temporaryFolder } from './testing/world.ts';

const name = 'klue/roberta-small';
const token = 'hf_secret';

async function failure(
  server: Parameters<typeof pulled>[0],
  options: Partial<TestPull> = {},
): Promise<HubError> {
  const folder = await temporaryFolder();
  const error = await pulled(server, { folder, ...options }).then(
    () => undefined,
    (cause: unknown) => cause,
  );
  if (error instanceof HubError) return error;
  throw error ?? new Error('nothing failed');
}

describe('the token', () => {
  test('goes to the Hub with each request, and to the store that it redirects to with none', async () => {
    const server = await robertaServer();
    server.gated.set(name, token);
    await pulled(server, { folder: await temporaryFolder(), token });
    const sent = (host: string) =>
      new Set(server.seen.filter((one) => one.host === host).map(({ authorization }) => authorization));
    expect(sent('hub')).toEqual(new Set([`Bearer ${token}`]));
    expect(sent('store')).toEqual(new Set([undefined]));
  });

  test('does not follow the pages of a list to another host', async () => {
    const other = await robertaServer();
    const server = await robertaServer();
    server.faults.set(`/api/models/${name}/revision/main`, [
      { status: 307, headers: { Location: `${other.endpoint}/api/models/${name}/revision/main` } },
    ]);
    await pulled(server, { folder: await temporaryFolder(), token });
    expect(other.seen.map(({ authorization }) => authorization)).toEqual([undefined]);
  });

  test('comes from HF_TOKEN, else from the file of HF_HOME; an empty HF_TOKEN means none', async () => {
    const home = await temporaryFolder();
    await writeFile(join(home, 'token'), 'hf_saved\n');
    expect((await hubAccess({ HF_HOME: home })).token).toBe('hf_saved');
    expect((await hubAccess({ HF_HOME: home, HF_TOKEN: 'hf_given' })).token).toBe('hf_given');
    expect(await hubAccess({ HF_HOME: home, HF_TOKEN: '' })).toEqual({ endpoint: 'https://huggingface.co' });
    const cache = join(await temporaryFolder(), 'huggingface');
    await mkdir(cache);
    await writeFile(join(cache, 'token'), 'hf_cached');
    expect((await hubAccess({ XDG_CACHE_HOME: join(cache, '..') })).token).toBe('hf_cached');
  });
});

test('HF_ENDPOINT names another Hub, and must be a web address', async () => {
  const access = await hubAccess({ HF_ENDPOINT: 'https://mirror.example/hf/', HF_TOKEN: '' });
  expect(access.endpoint).toBe('https://mirror.example/hf');
  for (const wrong of ['mirror.example', 'file:///etc', 'ftp://x']) {
    await expect(hubAccess({ HF_ENDPOINT: wrong, HF_TOKEN: '' })).rejects.toMatchObject({
      reason: 'address',
    });
  }
});

describe('a refusal', () => {
  test('says that a repository is not there, or not for strangers', async () => {
    const server = await robertaServer();
    expect((await failure(server, { name: 'nobody/nothing' })).reason).toBe('no-repo');
    expect((await failure(server, { name: 'nobody/nothing', token })).reason).toBe('no-repo');
    expect((await failure(server, { name: 'not a name' })).reason).toBe('address');
    expect((await failure(server, { name: '../api' })).reason).toBe('address');
  });

  test('of a gated repository says where to accept its licence, and names HF_TOKEN', async () => {
    const server = await robertaServer();
    server.gated.set(name, token);
    for (const wrong of [{}, { token: 'hf_of_somebody_else' }]) {
      const error = await failure(server, wrong);
      expect(error.reason).toBe('gated');
      expect(error.remedy).toContain(`${server.endpoint}/${name}`);
      expect(error.remedy).toContain('HF_TOKEN');
    }
  });

  test('of a token is told apart from a missing repository', async () => {
    const server = await robertaServer();
    server.faults.set('/revision/main', [
      { status: 401, headers: { 'X-Error-Message': 'Invalid credentials in Authorization header' } },
    ]);
    expect((await failure(server, { token })).reason).toBe('bad-token');
  });

  test('names a revision that is not there', async () => {
    const error = await failure(await robertaServer(), { name: `${name}@v9` });
    expect(error).toMatchObject({ reason: 'no-revision', subject: `${name}@v9` });
  });

  test('with 429 or 500 is waited for as long as it asks, and tried again', async () => {
    const server = await robertaServer();
    server.faults.set('/revision/main', [{ status: 429, headers: { 'Retry-After': '0' } }, { status: 500 }]);
    server.faults.set('store model.safetensors', [{ status: 503 }, { status: 403 }]);
    const events = await pulled(server, { folder: await temporaryFolder() });
    expect(events.filter(({ kind }) => kind === 'wait')).toHaveLength(2);
  });

  test('with 429 that asks for an hour is not waited for', async () => {
    const server = await robertaServer();
    server.faults.set('/revision/main', [{ status: 429, headers: { 'Retry-After': '3600' } }]);
    expect((await failure(server)).reason).toBe('busy');
    expect(server.seen).toHaveLength(1);
  });
});

test('no network is an error that names the host, after a few attempts', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const gone = { ...(await robertaServer()), endpoint: `http://127.0.0.1:${port}` };
  const error = await failure(gone);
  expect(error).toMatchObject({ reason: 'connection', subject: `127.0.0.1:${port}` });
  expect(error.problem).toContain('ECONNREFUSED');
});

test('a login page in place of the Hub is recognised', async () => {
  const page = createServer((_, response) => response.end('<html>Please log in</html>'));
  await new Promise<void>((resolve) => page.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void page.close());
  const { port } = page.address() as AddressInfo;
  const error = await failure({ ...(await robertaServer()), endpoint: `http://127.0.0.1:${port}` });
  expect(error.reason).toBe('protocol');
});

test('a mirror that offers another content than it lists is recognised, and nothing of it is written', async () => {
  const server = await robertaServer();
  const path = 'model.safetensors';
  server.faults.set(`/${path}`, [
    { status: 302, headers: { Location: `${server.store}/${name}/${path}`, 'X-Linked-Etag': '"0123"' } },
  ]);
  const folder = await temporaryFolder();
  expect((await failure(server, { folder })).reason).toBe('protocol');
  const part = (await readdir(folder)).find((one) => one.startsWith(path)) ?? '';
  expect((await stat(join(folder, part))).size).toBe(0);
});

test('a server that sends more than a file holds is cut off', async () => {
  const repo = await robertaRepo();
  const server = await hubServer({ [name]: repo, 'a/longer': repo });
  const longer = repo.map((file) => ({
    ...file,
    content: Buffer.concat([file.content, Buffer.from('more')]),
  }));
  server.repos.set('a/longer', longer);
  const path = 'model.safetensors';
  server.faults.set(`/${path}`, [{ status: 302, headers: { Location: `${server.store}/a/longer/${path}` } }]);
  expect((await failure(server)).reason).toBe('protocol');
});
