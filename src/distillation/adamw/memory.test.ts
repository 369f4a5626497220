import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../errors.ts';
import { createTrainingMemory } from './memory.ts';

const parameters = [
  { name: 'odd', shape: [3], data: Float32Array.of(1, 2, 3), decay: true },
  { name: 'matrix', shape: [2, 3], data: Float32Array.of(4, 5, 6, 7, 8, 9), decay: true },
  { name: 'bias', shape: [1], decay: false },
];

describe('the training memory', () => {
  test('keeps parameters and moments in one unshared memory, each at a multiple of 16 bytes', () => {
    const state = createTrainingMemory(parameters);
    for (const { name } of parameters) {
      for (const view of [state.parameter(name), state.firstMoment(name), state.secondMoment(name)]) {
        expect(view.buffer).toBe(state.memory.buffer);
        expect(view.byteOffset % 16).toBe(0);
      }
    }
    expect(state.memory.buffer).toBeInstanceOf(ArrayBuffer);
  });

  test('starts with the given values, and with 0 where there are none', () => {
    const state = createTrainingMemory(parameters);
    expect([...state.parameter('odd')]).toEqual([1, 2, 3]);
    expect([...state.parameter('matrix')]).toEqual([4, 5, 6, 7, 8, 9]);
    expect([...state.parameter('bias')]).toEqual([0]);
    expect(state.m.every((value) => value === 0) && state.v.every((value) => value === 0)).toBe(true);
  });

  test('regions do not overlap', () => {
    const state = createTrainingMemory(parameters);
    state.p.fill(1);
    state.m.fill(2);
    state.v.fill(3);
    state.scratch.fill(4);
    expect(new Set(state.p)).toEqual(new Set([1]));
    expect(new Set(state.m)).toEqual(new Set([2]));
    expect(new Set(state.v)).toEqual(new Set([3]));
  });

  test('a parameter given twice, with too few values, or unknown is named', () => {
    const [odd] = parameters as [(typeof parameters)[0]];
    expect(() => createTrainingMemory([odd, odd])).toThrow("'odd' is given twice");
    expect(() => createTrainingMemory([{ ...odd, shape: [2, 2] }])).toThrow('[2, 2] but 3 values');
    expect(() => createTrainingMemory(parameters).parameter('pooler')).toThrow("'pooler'");
  });

  test('more than 4 GiB is refused with the size it would take', () => {
    const huge = { name: 'embedding', shape: [400_000, 1024], decay: true };
    expect(() => createTrainingMemory([huge])).toThrow(ConfigError);
    expect(() => createTrainingMemory([huge])).toThrow('4.6 GiB');
  });

  test('a memory without parameters is an empty one', () => {
    expect(createTrainingMemory([]).p).toHaveLength(0);
  });
});
