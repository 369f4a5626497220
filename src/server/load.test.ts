import { afterEach, describe, expect, test } from 'vitest';
import { load } from './testing/load.ts';
import { noRedis, startRedis } from './testing/redis.ts';
import { openServer, type Undo, undoAll } from './testing/server.ts';

const undo: Undo = [];
afterEach(() => undoAll(undo));

const kinds = [
  { name: 'in this process', shared: false },
  { name: 'in Redis', shared: true },
] as const;

describe.each(kinds)('many clients and a queue $name', ({ shared }) => {
  test.skipIf(shared && noRedis !== undefined)(
    'every accepted job ends once, though some cancel, some hang up, and the process that draws is killed',
    async () => {
      const redis = shared ? await startRedis() : undefined;
      if (redis) undo.push(() => redis.close());
      const server = await openServer(undo, { limits: { queue: 8 }, ...(redis ? { queue: redis.url } : {}) });
      let killed: number | undefined;
      const { ends, wrong, refusals } = await load({
        ...{ url: server.url, clients: 20, seed: 1, steps: 2 },
        onEnd: () => {
          if (killed !== undefined) return;
          killed = server.worker.pid as number;
          process.kill(killed, 'SIGKILL');
        },
      });
      expect(wrong).toEqual([]);
      expect(killed).toBeDefined();
      expect(ends.done + ends.failed + ends.cancelled).toBe(20);
      expect(ends.done).toBeGreaterThan(0);
      expect(refusals).toBeGreaterThan(0);
    },
  );
});
