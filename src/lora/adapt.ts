/**
 * Hangs changes into models, which know nothing of them. Pure: no file, no engine.
 */
import { createGraph, type Graph } from '../graph/graph.ts';
import type { Adapter, Hooks } from '../models/scope.ts';
import type { Change } from './form.ts';

/** Applies to each layer the changes that are under its name, one after the other: their sum. */
export function adapterOf(changes: readonly ReadonlyMap<string, Change>[]): Adapter {
  return (layer) => changes.reduce((y, byLayer) => byLayer.get(layer.name)?.({ ...layer, y }) ?? y, layer.y);
}

/** The layers of a model that an adapter can change: names, and shapes of their weights. */
export function adaptableLayers(
  build: (graph: Graph, hooks: Hooks) => void,
): ReadonlyMap<string, readonly number[]> {
  const layers = new Map<string, readonly number[]>();
  build(createGraph(), {
    adapt: ({ name, shape, y }) => {
      layers.set(name, shape);
      return y;
    },
  });
  return layers;
}
