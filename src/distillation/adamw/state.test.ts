import { describe, expect, test } from 'vitest';
import { CheckpointError, ConfigError } from '../../errors.ts';
import { createTrainingState } from './state.ts';

const parameters = [
  { name: 'odd', shape: [3], data: Float32Array.of(1, 2, 3), decay: true },
  { name: 'matrix', shape: [2, 3], data: Float32Array.of(4, 5, 6, 7, 8, 9), decay: true },
  { name: 'bias', shape: [1], decay: false },
];

describe('the training state', () => {
  test('keeps parameters and moments in one unshared memory, each at a multiple of 16 bytes', () => {
    const state = createTrainingState(parameters);
    for (const { name } of parameters) {
      for (const view of [state.parameter(name), state.firstMoment(name), state.secondMoment(name)]) {
        expect(view.buffer).toBe(state.memory.buffer);
        expect(view.byteOffset % 16).toBe(0);
      }
    }
    expect(state.memory.buffer).toBeInstanceOf(ArrayBuffer);
  });

  test('starts with the given values, and with 0 where there are none', () => {
    const state = createTrainingState(parameters);
    expect([...state.parameter('odd')]).toEqual([1, 2, 3]);
    expect([...state.parameter('matrix')]).toEqual([4, 5, 6, 7, 8, 9]);
    expect([...state.parameter('bias')]).toEqual([0]);
    expect(state.m.every((value) => value === 0) && state.v.every((value) => value === 0)).toBe(true);
  });

  test('regions do not overlap', () => {
    const state = createTrainingState(parameters);
    state.p.fill(1);
    state.m.fill(2);
    state.v.fill(3);
    state.scratch.fill(4);
    expect(new Set(state.p)).toEqual(new Set([1]));
    expect(new Set(state.m)).toEqual(new Set([2]));
    expect(new Set(state.v)).toEqual(new Set([3]));
  });

  test('a snapshot is a copy that another state of the same layout takes over', () => {
    const state = createTrainingState(parameters);
    state.firstMoment('odd').set([1, 2, 3]);
    state.secondMoment('matrix').fill(5);
    state.step = 7;
    const snapshot = state.snapshot();
    state.m.fill(0);
    const other = createTrainingState(parameters);
    other.restore(snapshot);
    expect(other.step).toBe(7);
    expect([...other.firstMoment('odd')]).toEqual([1, 2, 3]);
    expect([...other.secondMoment('matrix')]).toEqual([5, 5, 5, 5, 5, 5]);
    expect([...other.secondMoment('odd')]).toEqual([0, 0, 0]);
  });

  test('a snapshot of another model is refused, naming the parameter, and changes nothing', () => {
    const state = createTrainingState(parameters);
    const { step, m, v } = createTrainingState([{ name: 'odd', shape: [3], decay: true }]).snapshot();
    m['odd']?.fill(9);
    expect(() => state.restore({ step, m, v })).toThrow(CheckpointError);
    expect(() => state.restore({ step, m, v })).toThrow("no values of m for 'matrix'");
    const full = state.snapshot();
    expect(() => state.restore({ ...full, m: { ...full.m, extra: new Float32Array(1) } })).toThrow("'extra'");
    expect(() => state.restore({ ...full, step: -1 })).toThrow('step count');
    expect([...state.firstMoment('odd')]).toEqual([0, 0, 0]);
  });

  test('a parameter given twice, with too few values, or unknown is named', () => {
    const [odd] = parameters as [(typeof parameters)[0]];
    expect(() => createTrainingState([odd, odd])).toThrow("'odd' is given twice");
    expect(() => createTrainingState([{ ...odd, shape: [2, 2] }])).toThrow('[2, 2] but 3 values');
    expect(() => createTrainingState(parameters).parameter('pooler')).toThrow("'pooler'");
  });

  test('more than 4 GiB is refused with the size it would take', () => {
    const huge = { name: 'embedding', shape: [400_000, 1024], decay: true };
    expect(() => createTrainingState([huge])).toThrow(ConfigError);
    expect(() => createTrainingState([huge])).toThrow('4.6 GiB');
  });

  test('a state without parameters is an empty one', () => {
    expect(createTrainingState([]).snapshot()).toEqual({ step: 0, m: {}, v: {} });
  });
});
