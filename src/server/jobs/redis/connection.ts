/**
 * The way to Redis: one connection for commands and one that listens. Commands fail at once while Redis is away, so that
 * whoever asks hears of it instead of waiting; connections come back by themselves. Knows no queue.
 */
import { Redis } from 'ioredis';
import { RuntimeError } from '../../../errors.ts';
import { QueueUnavailableError } from '../../errors.ts';

export interface RedisConnection {
  readonly commands: Redis;
  readonly messages: Redis;
  /** Part of the names of channels, which all databases of a Redis share. */
  readonly database: number;
  close(): void;
}

/** Milliseconds. */
const longestReconnect = 1000;
const longestCommand = 5000;

/** `log` hears when Redis goes away and when it is back. Throws RuntimeError if nothing answers at `url`. */
export async function connectRedis(url: string, log: (text: string) => void): Promise<RedisConnection> {
  const options = {
    lazyConnect: true,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectTimeout: longestCommand,
    commandTimeout: longestCommand,
    retryStrategy: (times: number) => Math.min(50 * times, longestReconnect),
  };
  const commands = new Redis(url, options);
  const messages = commands.duplicate();
  const all = [commands, messages];
  // Told below, once; an error without a listener would end the process.
  for (const one of all) one.on('error', () => {});
  const close = () => {
    for (const one of all) one.disconnect();
  };
  try {
    await Promise.all(all.map((one) => one.connect()));
  } catch (cause) {
    close();
    throw new RuntimeError(
      `Redis does not answer at ${withoutPassword(url)}: ${cause instanceof Error ? cause.message : cause}.`,
      'Start redis-server there, or check the address after --queue.',
      { cause },
    );
  }
  reportOutages(commands, withoutPassword(url), log);
  return { commands, messages, database: commands.options.db ?? 0, close };
}

function reportOutages(commands: Redis, where: string, log: (text: string) => void): void {
  let away = false;
  commands.on('reconnecting', () => {
    if (!away) log(`Redis at ${where} is away.`);
    away = true;
  });
  commands.on('ready', () => {
    if (away) log(`Redis at ${where} is back.`);
    away = false;
  });
}

/** What `work` gives. Throws QueueUnavailableError where Redis cannot be reached. */
export async function reaching<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    if (isOutage(cause)) throw new QueueUnavailableError({ cause });
    throw cause;
  }
}

/** Errors of ioredis that say that Redis was not there, none of which has a class or a code that all of them share. */
const outages =
  /max retries|connection is closed|stream isn't writeable|command timed out|\bE(CONN\w+|PIPE|HOSTUNREACH|TIMEDOUT)\b|^LOADING\b/i;

/** Outages are told by the connection, once. */
export function isOutage(error: unknown): boolean {
  return error instanceof Error && outages.test(error.message);
}

/** An address as it may be shown. */
export function withoutPassword(url: string): string {
  if (!URL.canParse(url)) return url;
  const shown = new URL(url);
  shown.password = '';
  shown.username = '';
  return shown.href;
}
