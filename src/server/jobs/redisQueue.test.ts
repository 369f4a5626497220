import { afterAll, beforeAll, describe, expect, onTestFinished } from 'vitest';
import { noRedis, startRedis, type TestRedis } from '../testing/redis.ts';
import { openRedisQueue, type RedisQueueOptions } from './redisQueue.ts';
import { queueConformance } from './testing/conformance.ts';

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
});
