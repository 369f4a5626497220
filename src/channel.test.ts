import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { channel, handing } from './channel.ts';

async function all<Event>(events: AsyncIterable<Event>): Promise<Event[]> {
  const seen: Event[] = [];
  for await (const event of events) seen.push(event);
  return seen;
}

describe('channel', () => {
  it('gives what was pushed before and during the work, in order', async () => {
    const { push, until } = channel<number>();
    push(1);
    const work = async () => {
      push(2);
      await pause(1);
      push(3);
      push(4);
    };
    expect(await all(until(work()))).toEqual([1, 2, 3, 4]);
  });

  it('throws the error of the work after the events before it', async () => {
    const { push, until } = channel<number>();
    push(1);
    const seen: number[] = [];
    const reading = (async () => {
      for await (const event of until(Promise.reject(new Error('broken')))) seen.push(event);
    })();
    await expect(reading).rejects.toThrow('broken');
    expect(seen).toEqual([1]);
  });
});

describe('handing', () => {
  it('gives the reports in order, and returns what the work returns', async () => {
    const run = handing<number, string>(async (hand) => {
      for (let i = 0; i < 3; i++) {
        await hand(i);
        if (i === 1) await pause(1);
      }
      return 'done';
    });
    const seen: number[] = [];
    let next = await run.next();
    for (; !next.done; next = await run.next()) seen.push(next.value);
    expect({ seen, result: next.value }).toEqual({ seen: [0, 1, 2], result: 'done' });
  });

  it('lets the work go on only when its report was taken in', async () => {
    const told: string[] = [];
    const run = handing<number, void>(async (hand) => {
      await hand(1);
      told.push('work went on');
      await hand(2);
    });
    await run.next();
    await pause(5);
    told.push('consumer came back');
    await run.next();
    expect(told).toEqual(['consumer came back', 'work went on']);
    expect(await run.next()).toEqual({ done: true, value: undefined });
  });

  it('throws what the work throws, after its reports', async () => {
    const run = handing<number, void>(async (hand) => {
      await hand(1);
      throw new Error('broken');
    });
    expect(await run.next()).toEqual({ done: false, value: 1 });
    await expect(run.next()).rejects.toThrow('broken');
  });

  it('of work without reports is its result or its error', async () => {
    expect(await handing(async () => 7).next()).toEqual({ done: true, value: 7 });
    await expect(handing(() => Promise.reject(new Error('broken'))).next()).rejects.toThrow('broken');
  });

  it('rejects the report that the work waits for where its consumer breaks off', async () => {
    const told: unknown[] = [];
    const run = handing<number, void>(async (hand) => {
      for (let i = 0; ; i++) await hand(i).catch((error) => Promise.reject(told.push(error)));
    });
    for await (const event of run) if (event === 2) break;
    await pause(0);
    expect(told).toEqual([expect.objectContaining({ message: expect.stringMatching(/nobody/i) })]);
  });
});
