/**
 * Where the Hub is and with which token it is asked, from the environment variables and the file that Hugging Face's own
 * tools use.
 */
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { HubError } from '../errors.ts';

export interface HubAccess {
  /** Without a slash at its end. */
  readonly endpoint: string;
  readonly token?: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

const publicHub = 'https://huggingface.co';

/**
 * HF_ENDPOINT, or the public Hub; HF_TOKEN, or the file that `hf auth login` writes (HF_TOKEN_PATH, `token` in HF_HOME, in
 * XDG_CACHE_HOME/huggingface, in ~/.cache/huggingface). Throws HubError for an HF_ENDPOINT that is no http(s) address.
 */
export async function hubAccess(environment: Environment): Promise<HubAccess> {
  const endpoint = (environment['HF_ENDPOINT'] || publicHub).replace(/\/+$/, '');
  if (!/^https?:$/.test(URL.canParse(endpoint) ? new URL(endpoint).protocol : '')) {
    throw new HubError(
      'address',
      `HF_ENDPOINT is ${JSON.stringify(endpoint)}, which is no web address.`,
      `Give one such as ${publicHub}, or unset it.`,
      { subject: endpoint },
    );
  }
  const token = (environment['HF_TOKEN'] ?? (await savedToken(environment))).trim();
  return token === '' ? { endpoint } : { endpoint, token };
}

function savedToken(environment: Environment): Promise<string> {
  const cache = environment['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  const home = environment['HF_HOME'] || join(cache, 'huggingface');
  return readFile(environment['HF_TOKEN_PATH'] || join(home, 'token'), 'utf8').catch(() => '');
}
