/**
 * The state of a training on its device: parameters, moments and gradients are tensors that stay there, and the update is a
 * graph (../adamw/graph.ts) whose results take the place of what went into it. Of a step only the losses come to the host,
 * and the norm of the gradients where something asks for it.
 *
 * 16 bytes a parameter with the gradients. An update needs old and new at once, so it goes group by group.
 */
import { compileKeeping } from '../../runtime/compile.ts';
import type { DeviceTensor, Feeds, KeepingRuntime, KeepingSession } from '../../runtime/keeping.ts';
import { isDeviceTensor } from '../../runtime/keeping.ts';
import { floatTensor, type Tensor } from '../../runtime/tensor.ts';
import { asksForNorm, checkOptions, coefficientsOf, gradientScaleOf } from '../adamw/adamw.ts';
import {
  changing,
  newPartName,
  type OptimizerGraph,
  partName,
  squaresGraph,
  sumGraph,
  updateGraph,
} from '../adamw/graph.ts';
import type { Coefficients } from '../adamw/kernel.ts';
import type { Collective } from '../parallel/collective.ts';
import { checkSnapshot, type OpenState, sizeOf, type TrainedParameter, type TrainingState } from './state.ts';

/** On the host until the first update, or since a restore; on the device after that. */
type Place = Tensor | DeviceTensor;

interface Held {
  readonly p: Place;
  readonly m: Place;
  readonly v: Place;
}

const moving = ['p', 'm', 'v'] as const;

type Group = readonly Omit<TrainedParameter, 'data'>[];

/** Elements of a group, if it has more than one parameter. What an update takes for a time is three times that, in float32. */
const groupElements = 2 ** 24;

export const deviceState: OpenState = async (runtime, parameters, options) => {
  checkOptions(options);
  const trained = parameters.map(({ name, shape, decay }) => ({ name, shape, decay }));
  const groups = groupsOf(trained);
  const held = new Map<string, Held>();
  for (const { name, shape, data } of parameters) {
    const zeros = () => floatTensor(new Float32Array(data.length), shape);
    held.set(name, { p: floatTensor(data, shape), m: zeros(), v: zeros() });
  }
  const fixed = coefficientsOf(options, true, 1, 0, 1);
  const updating = sessionsOf(runtime, groups, (group) => updateGraph(group, fixed), true);
  const squaring = sessionsOf(runtime, groups, squaresGraph, false);
  const summing = sessionsOf(runtime, groups, sumGraph, true);
  const gradients = gradientsOf(groups, summing);
  let step = 0;

  const replace = (name: string, next: Held) => {
    const { p, m, v } = held.get(name)!;
    disposeOf(p, m, v);
    held.set(name, next);
  };

  const norm = async () => {
    let sum = 0;
    for (const group of groups) {
      const { read } = await (await squaring.of(group)).run(gradients.feeds(group));
      sum += read['sum']!.data[0] as number;
    }
    return Math.sqrt(sum);
  };

  const updateGroup = async (group: Group, coefficients: Coefficients) => {
    const feeds: Record<string, Place> = gradients.feeds(group);
    for (const name of changing) feeds[name] = floatTensor(Float32Array.of(coefficients[name]), []);
    for (const { name } of group) {
      for (const part of moving) feeds[partName(part, name)] = held.get(name)![part];
    }
    const { kept } = await (await updating.of(group)).run(feeds);
    for (const { name } of group) {
      const [p, m, v] = moving.map((part) => kept[newPartName(part, name)]!) as [Place, Place, Place];
      replace(name, { p, m, v });
    }
    gradients.forget(group);
  };

  return {
    parameters: trained,
    feeds: (): Feeds => Object.fromEntries([...held].map(([name, { p }]) => [name, p])),
    add: gradients.add,
    exchange: gradients.exchange,
    update: async ({ learningRate, lossScale }) => {
      const length = asksForNorm(options, lossScale) ? await norm() : undefined;
      const scale = gradientScaleOf(options, length, lossScale);
      if (scale === undefined) {
        groups.forEach(gradients.forget);
        return false;
      }
      step += 1;
      const coefficients = coefficientsOf(options, true, step, learningRate, scale);
      for (const group of groups) await updateGroup(group, coefficients);
      return true;
    },
    snapshot: async () => {
      const snapshots = [];
      for (const { name, shape } of trained) {
        const { p, m, v } = held.get(name)!;
        const [parameter, firstMoment, secondMoment] = [
          await valuesOf(p),
          await valuesOf(m),
          await valuesOf(v),
        ];
        snapshots.push({ name, shape, parameter, firstMoment, secondMoment });
      }
      return { step, parameters: snapshots };
    },
    restore: (snapshot) => {
      checkSnapshot(trained, snapshot);
      for (const { name, shape, parameter, firstMoment, secondMoment } of snapshot.parameters) {
        // Snapshots may be views of what the next update changes.
        const copy = (values: Float32Array) => floatTensor(values.slice(), shape);
        replace(name, { p: copy(parameter), m: copy(firstMoment), v: copy(secondMoment) });
      }
      step = snapshot.step;
    },
    dispose: async () => {
      for (const sessions of [updating, squaring, summing]) await sessions.dispose();
      groups.forEach(gradients.forget);
      for (const { p, m, v } of held.values()) disposeOf(p, m, v);
    },
  };
};

/** The gradients of a step, which are added up on the device. */
function gradientsOf(groups: readonly Group[], summing: Sessions) {
  const sums = new Map<string, Place>();
  const take = (name: string, tensor: Place) => {
    const before = sums.get(name);
    if (before) disposeOf(before);
    sums.set(name, tensor);
  };
  const feeds = (group: Group): Record<string, Place> =>
    Object.fromEntries(group.map(({ name }) => [partName('g', name), sums.get(name)!]));
  return {
    /** What the sessions of a group are fed as `g`. */
    feeds,
    add: async (more: Readonly<Record<string, DeviceTensor>>) => {
      for (const group of groups) {
        if (!group.some(({ name }) => sums.has(name))) {
          for (const { name } of group) take(name, more[name]!);
          continue;
        }
        const added = group.map(({ name }) => [newPartName('g', name), more[name]!] as const);
        const session = await summing.of(group);
        const { kept } = await session.run({ ...feeds(group), ...Object.fromEntries(added) });
        for (const { name } of group) {
          more[name]!.dispose();
          take(name, kept[name]!);
        }
      }
    },
    /** By way of the host, group by group; what comes of it is uploaded by the sessions that are fed it. */
    exchange: async (collective: Collective) => {
      for (const group of groups) {
        const values = [];
        for (const { name, shape } of group) {
          const sum = sums.get(name);
          values.push(sum ? await valuesOf(sum) : new Float32Array(sizeOf({ shape })));
        }
        await collective.sum(...values);
        for (const [i, { name, shape }] of group.entries()) take(name, floatTensor(values[i]!, shape));
      }
    },
    forget: (group: Group) => {
      for (const { name } of group) {
        const sum = sums.get(name);
        if (sum) disposeOf(sum);
        sums.delete(name);
      }
    },
  };
}

interface Sessions {
  of(group: Group): Promise<KeepingSession>;
  dispose(): Promise<void>;
}

/** A session for each group, opened when it is first needed. With `keep` all that it computes stays on the device. */
function sessionsOf(
  runtime: KeepingRuntime,
  groups: readonly Group[],
  build: (group: Group) => OptimizerGraph,
  keep: boolean,
): Sessions {
  const opened = new Map<Group, KeepingSession>();
  return {
    of: async (group) => {
      const known = opened.get(group);
      if (known) return known;
      const { graph, outputs } = build(group);
      const session = await compileKeeping(runtime, graph, outputs, keep ? Object.keys(outputs) : []);
      opened.set(group, session);
      return session;
    },
    dispose: async () => {
      for (const group of groups) await opened.get(group)?.dispose();
    },
  };
}

/** Bytes that an update takes for a time. */
export function updateBytes(parameters: TrainingState['parameters']): number {
  const sizes = groupsOf(parameters).map((group) => group.reduce((sum, each) => sum + sizeOf(each), 0));
  return 3 * Float32Array.BYTES_PER_ELEMENT * Math.max(...sizes);
}

function groupsOf<P extends Pick<TrainedParameter, 'shape'>>(parameters: readonly P[]): P[][] {
  const groups: P[][] = [];
  let room = 0;
  for (const parameter of parameters) {
    if (sizeOf(parameter) > room) {
      groups.push([]);
      room = groupElements;
    }
    groups.at(-1)!.push(parameter);
    room -= sizeOf(parameter);
  }
  return groups;
}

async function valuesOf(place: Place): Promise<Float32Array> {
  return (isDeviceTensor(place) ? await place.read() : place).data as Float32Array;
}

function disposeOf(...places: readonly Place[]): void {
  for (const place of places) if (isDeviceTensor(place)) place.dispose();
}
