/**
 * What a refusal of the Hub means: the Hub tells by its X-Error-Code header more than by the status.
 */
import { shownText } from '../checkpoint/shown.ts';
import { HubError } from '../errors.ts';
import type { HubAccess } from './access.ts';

/** What is asked for, for messages. */
export interface Asked {
  /** `org/name`. */
  readonly id: string;
  readonly revision: string;
}

interface Refusal extends Asked {
  readonly endpoint: string;
  /** Of the repository. */
  readonly page: string;
  /** The file that was asked for, if it was one. */
  readonly file: string;
}

/** By X-Error-Code. */
const byCode: Readonly<Record<string, (refusal: Refusal) => HubError>> = {
  GatedRepo: ({ id, endpoint, page }) =>
    new HubError(
      'gated',
      `${id} is gated: its makers give it to those who accept its licence.`,
      `Accept it on ${page}, make a token at ${endpoint}/settings/tokens, and set HF_TOKEN to it.`,
      { subject: id },
    ),
  RevisionNotFound: ({ id, revision, page }) =>
    new HubError(
      'no-revision',
      `${id} has no revision ${shownText(revision)}.`,
      `Give a branch, a tag or a commit after the @; they are listed on ${page}/tree/main.`,
      { subject: `${id}@${shownText(revision)}` },
    ),
  EntryNotFound: ({ id, page, file }) =>
    new HubError('no-file', `${id} has no such file: ${file}.`, `See ${page}/tree/main.`, { subject: file }),
  RepoNotFound: ({ id, page }) =>
    new HubError(
      'no-repo',
      `The Hub shows no model ${id}: it does not exist, or it is private or gated.`,
      `Check the name on ${page}. If you see it there when logged in, accept its licence and set HF_TOKEN to a token of yours.`,
      { subject: id },
    ),
};

/** The error for a response of the Hub itself that is not ok. */
export function refusal(response: Response, { endpoint, token }: HubAccess, asked: Asked): HubError {
  const { status, headers } = response;
  const page = `${endpoint}/${asked.id}`;
  const told = { ...asked, endpoint, page, file: fileOf(response) };
  const coded = byCode[headers.get('x-error-code') ?? ''];
  if (coded) return coded(told);
  const message = headers.get('x-error-message');
  const why = message === null ? '' : ` (${shownText(message)})`;
  if (status === 401 && token !== undefined) {
    return new HubError(
      'bad-token',
      `The Hub does not accept the token that it was given${why}.`,
      `Make one at ${endpoint}/settings/tokens, and set HF_TOKEN to it, or to nothing for public models.`,
      { subject: asked.id },
    );
  }
  // Strangers are told neither what is missing nor what is private.
  if (status === 401 || status === 404) return byCode['RepoNotFound']!(told);
  if (status === 408 || status === 429 || status >= 500) return busy(response);
  return new HubError(
    'refused',
    `The Hub refuses ${asked.id} with status ${status}${why}.`,
    `Look at ${page}; a token of HF_TOKEN may lack the right to read it.`,
    { subject: asked.id },
  );
}

/** The error for a server that may do better later. */
export function busy(response: Response): HubError {
  const { status, headers } = response;
  const { host } = new URL(response.url);
  const retryAfter = secondsToWait(headers);
  return new HubError(
    'busy',
    status === 429 ? `${host} was asked too often.` : `${host} answers with status ${status}.`,
    'Give the same command again later: it goes on where it stopped.',
    { subject: `${host} (${status})`, ...(retryAfter === undefined ? {} : { retryAfter }) },
  );
}

/** The error for a request that got no answer, or whose answer broke off. */
export function disconnected(url: string, cause: unknown): HubError {
  const { host } = new URL(url);
  return new HubError(
    'connection',
    `There is no connection to ${host}, or it broke off: ${causeOf(cause)}.`,
    'Check the network, then give the same command again: it goes on where it stopped.',
    { cause, subject: host },
  );
}

/** The error for an answer that the Hub would not give. */
export function unintelligible(url: string, what: string, cause?: unknown): HubError {
  const { host } = new URL(url);
  return new HubError(
    'protocol',
    `${host} does not answer as the Hugging Face Hub does: ${what}.`,
    'Check HF_ENDPOINT, and whether a proxy or a login page stands between.',
    { cause, subject: host },
  );
}

/** `fetch` says only "fetch failed"; what failed is its cause. */
function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return shownText(String(error));
  if (error.cause instanceof Error) return causeOf(error.cause);
  const text = error.message || ('code' in error ? String(error.code) : error.name);
  return shownText(text.replace(/\.$/, ''));
}

/** Retry-After in seconds or as a date, or the `t` of the Hub's RateLimit header. */
function secondsToWait(headers: Headers): number | undefined {
  const after = headers.get('retry-after');
  if (after !== null && /^\d+$/.test(after)) return Number(after);
  const date = Date.parse(after ?? '');
  if (Number.isFinite(date)) return Math.max(0, (date - Date.now()) / 1000);
  const reset = /;\s*t=(\d+)/.exec(headers.get('ratelimit') ?? '')?.[1];
  return reset === undefined ? undefined : Number(reset);
}

function fileOf({ url }: Response): string {
  const [, file] = new URL(url).pathname.split(/\/resolve\/[^/]+\//);
  return shownText(decodeURIComponent(file ?? url));
}
