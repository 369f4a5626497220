/**
 * A store in a bucket of S3, or of what speaks as it does (MinIO, Garage, R2, Ceph).
 */
import { S3mini } from 's3mini';
import { ConfigError, RuntimeError } from '../../errors.ts';
import type { Store } from './store.ts';

export interface S3Location {
  readonly bucket: string;
  /** Empty, or ends in a slash. */
  readonly prefix: string;
  readonly endpoint: string;
  readonly region: string;
}

export interface S3Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Milliseconds. */
const longestRequest = 30_000;

/**
 * `s3://bucket/prefix?endpoint=https://...&region=...`; Amazon's endpoint of the region by default. Throws ConfigError for what
 * is no such address.
 */
export function parseS3Location(
  text: string,
  environment: Readonly<Record<string, string | undefined>>,
): S3Location {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const region = url?.searchParams.get('region') ?? environment['AWS_REGION'] ?? 'us-east-1';
  const endpoint =
    url?.searchParams.get('endpoint') ??
    environment['AWS_ENDPOINT_URL'] ??
    `https://s3.${region}.amazonaws.com`;
  if (url?.protocol !== 's3:' || url.hostname === '' || !URL.canParse(endpoint)) {
    throw new ConfigError(
      `${text} is no address of a bucket.`,
      'Write s3://bucket/prefix?endpoint=https://storage.example.org.',
    );
  }
  const prefix = decodeURIComponent(url.pathname).split('/').filter(Boolean).join('/');
  return { bucket: url.hostname, prefix: prefix === '' ? '' : `${prefix}/`, endpoint, region };
}

/** AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. Throws ConfigError where they are missing. */
export function keysFrom(environment: Readonly<Record<string, string | undefined>>): S3Keys {
  const { AWS_ACCESS_KEY_ID: accessKeyId = '', AWS_SECRET_ACCESS_KEY: secretAccessKey = '' } = environment;
  if (accessKeyId !== '' && secretAccessKey !== '') return { accessKeyId, secretAccessKey };
  throw new ConfigError(
    'There are no keys for the bucket.',
    'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment.',
  );
}

/** Its methods throw RuntimeError where the bucket cannot be reached or refuses. */
export async function openS3Store(location: S3Location, keys: S3Keys): Promise<Store> {
  const { bucket, prefix, endpoint, region } = location;
  const address = new URL(endpoint);
  address.pathname = `${address.pathname.replace(/\/$/, '')}/${bucket}`;
  const client = new S3mini({
    ...keys,
    region,
    endpoint: address.href,
    requestAbortTimeout: longestRequest,
  });
  const keyOf = (folder: string, name = '') => `${prefix}${folder}/${name}`;
  const reaching = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    try {
      return await work();
    } catch (cause) {
      throw refused(location, cause);
    }
  };
  const list = (folder: string) =>
    reaching(async () => {
      const found = await client.listObjects('/', keyOf(folder), undefined, { delimiter: '/' });
      if (!found) throw new Error('there is no such bucket');
      return found.map(({ Key }) => Key.slice(keyOf(folder).length)).filter((name) => name !== '');
    });
  // Says at once that keys or bucket are wrong, not when the first picture is done.
  await list('pictures');
  return {
    list,
    read: (folder, name) =>
      reaching(async () => {
        const found = await client.getObjectArrayBuffer(keyOf(folder, name));
        return found ? new Uint8Array(found) : undefined;
      }),
    write: (folder, name, content) =>
      reaching(async () => {
        await client.putObject(keyOf(folder, name), content, typeOf(name));
      }),
    remove: (folder, name) =>
      reaching(async () => {
        await client.deleteObject(keyOf(folder, name));
      }),
    async removeAll(folder) {
      const names = await list(folder);
      if (names.length === 0) return;
      await reaching(() => client.deleteObjects(names.map((name) => keyOf(folder, name))));
    },
    describe: (folder, name) => `s3://${bucket}/${keyOf(folder, name)}`,
  };
}

const types: Readonly<Record<string, string>> = {
  png: 'image/png',
  json: 'application/json',
  html: 'text/html; charset=utf-8',
};

function typeOf(name: string): string {
  return types[name.slice(name.lastIndexOf('.') + 1)] ?? 'application/octet-stream';
}

function refused({ bucket, endpoint }: S3Location, cause: unknown): RuntimeError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new RuntimeError(
    `The bucket ${bucket} at ${endpoint} refuses: ${why}.`,
    'Check its address and the keys in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.',
    { cause },
  );
}
