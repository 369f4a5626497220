import { describe, expect, it } from 'vitest';
import { duration, type ProgressStream, progress } from './progress.ts';
import { displayWidth, padEnd, truncate } from './width.ts';

function fakeStream(terminal = false, columns = 60) {
  const written: string[] = [];
  const stream: ProgressStream = { isTTY: terminal, columns, write: (text) => written.push(text) };
  return { stream, written };
}

function fakeClock() {
  let time = 0;
  return { now: () => time, pass: (ms: number) => (time += ms) };
}

describe('progress', () => {
  it('writes a line for every tenth of the work when the stream is no terminal', () => {
    const { stream, written } = fakeStream();
    const clock = fakeClock();
    const bar = progress({ total: 100, label: 'distil', unit: 'steps', stream, now: clock.now });
    for (let i = 0; i < 100; i++) {
      clock.pass(100);
      bar.tick();
    }
    bar.stop();
    expect(written).toHaveLength(11);
    expect(written[0]).toBe('distil  10%  10/100 steps, 10.0 steps/s, 0:09 left\n');
    expect(written[9]).toBe('distil 100%  100/100 steps, 10.0 steps/s\n');
    expect(written[10]).toBe('distil  100 steps in 0:10 (10.0 steps/s)\n');
  });

  it('writes amounts as it is told, such as bytes', () => {
    const { stream, written } = fakeStream();
    const clock = fakeClock();
    const unit = (bytes: number) => `${bytes / 1000} kB`;
    const bar = progress({ total: 10_000, label: 'fetch', unit, stream, now: clock.now });
    clock.pass(1000);
    bar.tick(5000);
    bar.stop();
    expect(written[0]).toBe('fetch  50%  5 kB/10 kB, 5 kB/s, 0:01 left\n');
    expect(written[1]).toBe('fetch  5 kB/10 kB in 0:01 (5 kB/s)\n');
  });

  it('writes a line after half a minute when the work is slow', () => {
    const { stream, written } = fakeStream();
    const clock = fakeClock();
    const bar = progress({ total: 1000, label: 'distil', unit: 'steps', stream, now: clock.now });
    for (let i = 0; i < 12; i++) {
      clock.pass(10_000);
      bar.tick(1, `loss ${i}`);
    }
    expect(written).toHaveLength(4);
    expect(written[0]).toBe('distil   0%  3/1000 steps, 6.0 steps/min, 2:46:10 left  loss 2\n');
  });

  it('follows a change of speed within a minute', () => {
    const { stream, written } = fakeStream();
    const clock = fakeClock();
    const bar = progress({ total: 1000, label: 'x', unit: 'steps', stream, now: clock.now });
    for (let i = 0; i < 400; i++) {
      clock.pass(100);
      bar.tick();
    }
    for (let i = 0; i < 100; i++) {
      clock.pass(1000);
      bar.tick();
    }
    expect(written.at(-1)).toContain('490/1000 steps, 1.1 steps/s, 7:49 left');
  });

  it('keeps each drawing within the width of the terminal, with wide characters', () => {
    for (const columns of [20, 40, 60, 120]) {
      const { stream, written } = fakeStream(true, columns);
      const clock = fakeClock();
      const bar = progress({ total: 50, label: '한국어 학습', unit: '쌍', stream, now: clock.now });
      for (let i = 0; i < 50; i++) {
        clock.pass(150);
        bar.tick(1, `손실 ${(1 / (i + 1)).toFixed(4)}`);
      }
      expect(written).toHaveLength(50);
      for (const text of written) {
        expect(text.startsWith('\r\x1b[2K')).toBe(true);
        expect(displayWidth(text.replace('\r\x1b[2K', ''))).toBeLessThan(columns);
      }
    }
  });

  it('draws at most ten times a second in a terminal, and the end at any rate', () => {
    const { stream, written } = fakeStream(true);
    const clock = fakeClock();
    const bar = progress({ total: 1000, label: 'x', unit: 'steps', stream, now: clock.now });
    for (let i = 0; i < 1000; i++) {
      clock.pass(1);
      bar.tick();
    }
    expect(written.length).toBeLessThan(13);
    expect(written.at(-1)).toContain('100%');
  });

  it('does not count the ticks of an earlier run into the rate', () => {
    const { stream, written } = fakeStream();
    const clock = fakeClock();
    const bar = progress({ total: 100, done: 80, label: 'x', unit: 'steps', stream, now: clock.now });
    clock.pass(1000);
    bar.tick(10);
    expect(written[0]).toBe('x  90%  90/100 steps, 10.0 steps/s, 0:01 left\n');
  });

  it('writes notes that stay, and nothing after its end', () => {
    const { stream, written } = fakeStream();
    const bar = progress({ total: 2, label: 'x', unit: 'steps', stream, now: () => 0 });
    bar.note('epoch 1: valid 0.43');
    bar.stop();
    bar.stop();
    bar.tick();
    bar.note('late');
    expect(written).toEqual(['epoch 1: valid 0.43\n', 'x  0/2 steps in 0:00\n']);
  });

  it('bears work of size zero', () => {
    const { stream, written } = fakeStream();
    progress({ total: 0, label: 'x', unit: 'steps', stream, now: () => 0 }).stop();
    expect(written).toEqual(['x  0 steps in 0:00\n']);
  });
});

describe('width', () => {
  it('counts two columns for Hangul and none for combining marks', () => {
    expect(displayWidth('abc')).toBe(3);
    expect(displayWidth('한국어 abc')).toBe(10);
    expect(displayWidth('e\u0301')).toBe(1);
    expect(displayWidth('한'.normalize('NFD'))).toBe(2);
    expect(displayWidth('🍎')).toBe(2);
  });

  it('cuts between characters and never beyond the width', () => {
    expect(truncate('파란 배경', 9)).toBe('파란 배경');
    expect(truncate('파란 배경', 8)).toBe('파란 배…');
    expect(truncate('파란 배경', 3)).toBe('파…');
    expect(truncate('파란 배경', 0)).toBe('');
    expect(padEnd('한국', 6)).toBe('한국  ');
  });

  it('writes durations with hours only where there are any', () => {
    expect([7, 754, 3723].map(duration)).toEqual(['0:07', '12:34', '1:02:03']);
  });
});
