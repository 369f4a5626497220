import { afterAll, beforeAll, expect, test } from 'vitest';
import { ConfigError, RuntimeError } from '../../errors.ts';
import { keysFrom, openS3Store, parseS3Location } from './s3Store.ts';
import { storeConformance } from './testing/conformance.ts';
import { startS3, type TestS3 } from './testing/s3.ts';

let s3: TestS3;
let stores = 0;

beforeAll(async () => {
  s3 = await startS3();
});
afterAll(() => s3.close());

const at = (prefix: string) => parseS3Location(`s3://${s3.bucket}/${prefix}?endpoint=${s3.endpoint}`, {});

storeConformance('a store in a bucket', () => openS3Store(at(`store ${++stores}/한글`), s3.keys));

test('an address names bucket, prefix, endpoint and region; Amazon is meant where no endpoint is named', () => {
  expect(parseS3Location('s3://pictures/a/b?endpoint=http://localhost:9000&region=auto', {})).toEqual({
    ...{ bucket: 'pictures', prefix: 'a/b/', endpoint: 'http://localhost:9000', region: 'auto' },
  });
  expect(parseS3Location('s3://pictures', { AWS_REGION: 'ap-northeast-2' })).toEqual({
    ...{ bucket: 'pictures', prefix: '', region: 'ap-northeast-2' },
    endpoint: 'https://s3.ap-northeast-2.amazonaws.com',
  });
  for (const wrong of ['s3:', 's3://', 's3://pictures?endpoint=nowhere']) {
    expect(() => parseS3Location(wrong, {}), wrong).toThrow(ConfigError);
  }
  expect(() => keysFrom({ AWS_ACCESS_KEY_ID: 'one' })).toThrow(ConfigError);
});

test('wrong keys, a bucket that is not there and a server that is not there are told at once', async () => {
  const wrong = { ...s3.keys, secretAccessKey: 'wrong' };
  await expect(openS3Store(at('x'), wrong)).rejects.toThrow(RuntimeError);
  await expect(openS3Store({ ...at('x'), bucket: 'none' }, s3.keys)).rejects.toThrow(/none/);
  await expect(openS3Store({ ...at('x'), endpoint: 'http://127.0.0.1:9' }, s3.keys)).rejects.toThrow(
    RuntimeError,
  );
});
