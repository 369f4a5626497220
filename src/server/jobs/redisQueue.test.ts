import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { noRedis, startRedis, type TestRedis } from '../testing/redis.ts';
import { openRedisQueue, type RedisQueueOptions } from './redisQueue.ts';
import { queueConformance } from './testing/conformance.ts';
import { take } from './testing/laws.ts';
import { request, result } from './testing/samples.ts';

if (noRedis !== undefined) console.warn(`Skipped: ${noRedis}.`);

describe.skipIf(noRedis !== undefined)('with Redis', () => {
  let redis: TestRedis;
  let names = 0;

  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.close());

  async function opened(options: Partial<RedisQueueOptions> = {}) {
    const queue = await openRedisQueue({ url: redis.url, lease: 1000, ...options });
    onTestFinished(() => queue.close());
    return queue;
  }

  queueConformance('the queue in Redis', async (options = {}) => {
    const settings = { name: `test-${++names}`, ...options };
    let queue = await opened(settings);
    return {
      queue,
      async restart() {
        await queue.close();
        queue = await opened(settings);
        // Others find out that a process has died from its silence.
        await expect.poll(async () => (await queue.stats()).running, { timeout: 10_000 }).toBe(0);
        return queue;
      },
    };
  });

  test('each of those who draw counts, in whatever process, as long as they ask or work', async () => {
    const name = `test-${++names}`;
    const [here, there] = [await opened({ name }), await opened({ name })];
    const stop = new AbortController();
    const asking = [here, here, there].map((queue) => queue.take(stop.signal));
    await expect.poll(() => here.workers()).toBe(3);
    await here.add(request());
    const taken = await Promise.race(asking);
    expect(await there.workers()).toBe(3);
    await taken?.done(result);
    stop.abort();
    await Promise.all(asking);
    await there.close();
    // Those of a process that goes say so; those of one that lives on are believed until their word runs out.
    await expect.poll(() => here.workers(), { timeout: 5000 }).toBe(0);
    await here.add(request());
    await take(here);
    expect(await here.workers()).toBe(1);
  });
});
