/**
 * An S3 server for tests, since none can be had without the internet: it keeps objects in memory and answers the few requests
 * that a store makes, by Amazon's description of them (PutObject, GetObject, DeleteObject, DeleteObjects, ListObjectsV2, with
 * pages of 1,000). Every request must carry a signature of version 4 that the `aws4` package, which the store does not use,
 * makes of the same request.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import aws4 from 'aws4';

export interface TestS3 {
  readonly endpoint: string;
  readonly bucket: string;
  readonly keys: { readonly accessKeyId: string; readonly secretAccessKey: string };
  close(): Promise<void>;
}

const bucket = 'pictures';
const keys = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
const mostListed = 1000;

class Refusal extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string) {
    super(code);
    this.status = status;
    this.code = code;
  }
}

export async function startS3(): Promise<TestS3> {
  const objects = new Map<string, Buffer>();
  const server = createServer((request, response) => {
    answer(objects, request, response).catch((error) => {
      const { status = 500, code = 'InternalError' } = error as Partial<Refusal>;
      response.writeHead(status, { 'content-type': 'application/xml' });
      response.end(
        request.method === 'HEAD' ? '' : `<Error><Code>${code}</Code><Message>${code}</Message></Error>`,
      );
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bucket,
    keys,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answer(
  objects: Map<string, Buffer>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const body = Buffer.concat(parts);
  checkSignature(request, body);
  const url = new URL(request.url ?? '/', 'http://localhost');
  const [, named = '', ...rest] = url.pathname.split('/').map(decodeURIComponent);
  if (named !== bucket) throw new Refusal(404, 'NoSuchBucket');
  const key = rest.join('/');
  const xml = (text: string) => response.setHeader('content-type', 'application/xml').end(text);
  if (request.method === 'GET' && key === '') xml(listing(objects, url.searchParams));
  else if (request.method === 'GET') {
    const found = objects.get(key);
    if (!found) throw new Refusal(404, 'NoSuchKey');
    response.setHeader('etag', etag(found)).end(found);
  } else if (request.method === 'PUT') {
    objects.set(key, body);
    response.setHeader('etag', etag(body)).end();
  } else if (request.method === 'DELETE') {
    objects.delete(key);
    response.writeHead(204).end();
  } else if (request.method === 'POST' && url.searchParams.has('delete')) {
    const deleted = [...body.toString('utf8').matchAll(/<Key>(.*?)<\/Key>/g)].map(([, name = '']) => name);
    for (const name of deleted) objects.delete(name);
    xml(
      `<DeleteResult>${deleted.map((name) => `<Deleted><Key>${name}</Key></Deleted>`).join('')}</DeleteResult>`,
    );
  } else throw new Refusal(501, 'NotImplemented');
}

function listing(objects: Map<string, Buffer>, query: URLSearchParams): string {
  const [prefix, delimiter, after] = ['prefix', 'delimiter', 'continuation-token'].map(
    (name) => query.get(name) ?? '',
  );
  const most = Math.min(mostListed, Number(query.get('max-keys') ?? mostListed));
  const all = [...objects.keys()]
    .filter((key) => key.startsWith(prefix ?? ''))
    .filter((key) => !delimiter || !key.slice(prefix?.length).includes(delimiter))
    .sort();
  const found = all.filter((key) => !after || key > after);
  const shown = found.slice(0, most);
  const more = found.length > shown.length;
  const contents = shown.map(
    (key) =>
      `<Contents><Key>${key}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>${etag(objects.get(key) as Buffer)}</ETag><Size>${objects.get(key)?.length}</Size><StorageClass>STANDARD</StorageClass></Contents>`,
  );
  const next = more ? `<NextContinuationToken>${shown.at(-1)}</NextContinuationToken>` : '';
  return `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult><Name>${bucket}</Name><Prefix>${prefix}</Prefix><KeyCount>${shown.length}</KeyCount><MaxKeys>${most}</MaxKeys><IsTruncated>${more}</IsTruncated>${next}${contents.join('')}</ListBucketResult>`;
}

/** Signs the same request once more and compares. */
function checkSignature({ method = 'GET', url = '/', headers }: IncomingMessage, body: Buffer): void {
  const { authorization = '' } = headers;
  const [, id, region = '', names = ''] =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/\d{8}\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=[0-9a-f]{64}$/.exec(
      authorization,
    ) ?? [];
  if (id !== keys.accessKeyId) throw new Refusal(403, 'InvalidAccessKeyId');
  const digest = headers['x-amz-content-sha256'];
  if (digest !== 'UNSIGNED-PAYLOAD' && digest !== createHash('sha256').update(body).digest('hex')) {
    throw new Refusal(400, 'XAmzContentSHA256Mismatch');
  }
  const signedHeaders = Object.fromEntries(names.split(';').map((name) => [name, headers[name]]));
  const again = aws4.sign(
    {
      ...{ method, service: 's3', region, path: url },
      headers: signedHeaders,
      // Of the body only the digest is signed, which is one of the headers.
    },
    keys,
  );
  const signatureOf = (text: string) => /Signature=([0-9a-f]+)/.exec(text)?.[1];
  if (signatureOf(String(again.headers?.['Authorization'])) !== signatureOf(authorization)) {
    throw new Refusal(403, 'SignatureDoesNotMatch');
  }
}

function etag(bytes: Buffer): string {
  return `"${createHash('md5').update(bytes).digest('hex')}"`;
}
