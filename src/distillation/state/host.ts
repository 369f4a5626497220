/**
 * The state of a training in the host's memory: sessions are fed views of it without a copy, and a WASM kernel updates it in
 * place. 12 bytes a parameter, 4 GiB at most.
 */
import { floatTensor } from '../../runtime/tensor.ts';
import { adamw } from '../adamw/adamw.ts';
import { createTrainingMemory } from '../adamw/memory.ts';
import { checkSnapshot, type OpenState } from './state.ts';

/** See OpenState; throws what `createTrainingMemory` throws as well. */
export const hostState: OpenState = async (_runtime, parameters, options) => {
  const memory = createTrainingMemory(parameters);
  const optimizer = adamw(memory, options);
  const { slots } = memory;
  const feeds = Object.fromEntries(
    slots.map(({ name, shape }) => [name, floatTensor(memory.parameter(name), shape)]),
  );
  let gradients: Record<string, Float32Array> = {};
  return {
    parameters: slots,
    feeds: () => feeds,
    add: async (more) => {
      for (const [name, tensor] of Object.entries(more)) {
        const values = (await tensor.read()).data as Float32Array;
        const sum = gradients[name];
        if (sum) addTo(sum, values);
        else gradients[name] = values;
        tensor.dispose();
      }
    },
    exchange: async (collective) => {
      for (const { name, length } of slots) gradients[name] ??= new Float32Array(length);
      await collective.sum(...slots.map(({ name }) => gradients[name]!));
    },
    update: async ({ learningRate, lossScale }) => {
      const { applied } = optimizer.step(gradients, learningRate, lossScale);
      gradients = {};
      return applied;
    },
    snapshot: async () => ({
      step: memory.step,
      parameters: slots.map(({ name, shape }) => ({
        name,
        shape,
        parameter: memory.parameter(name),
        firstMoment: memory.firstMoment(name),
        secondMoment: memory.secondMoment(name),
      })),
    }),
    restore: (snapshot) => {
      checkSnapshot(slots, snapshot);
      for (const { name, parameter, firstMoment, secondMoment } of snapshot.parameters) {
        memory.parameter(name).set(parameter);
        memory.firstMoment(name).set(firstMoment);
        memory.secondMoment(name).set(secondMoment);
      }
      memory.step = snapshot.step;
    },
    dispose: async () => {},
  };
};

function addTo(sum: Float32Array, values: Float32Array): void {
  for (let i = 0; i < sum.length; i++) sum[i] = sum[i]! + values[i]!;
}
