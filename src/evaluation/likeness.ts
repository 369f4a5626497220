/**
 * How like the pictures of a system are to those that the teacher drew from English and the same noise: where a student says
 * the same as the teacher, the same picture comes out, whether or not it is the right one.
 */
import type { Image } from '../pictures/image.ts';
import { bootstrapMean, type Estimate } from './bootstrap.ts';
import type { EvaluatedPicture } from './evaluatePictures.ts';

export interface Likeness {
  /** Name of the system. */
  readonly system: string;
  /** Mean squared difference of a value, with 0 for black and 1 for white: 0 for equal pictures. */
  readonly distance: Estimate;
}

export interface LikenessEvaluation {
  /** Name of the system that the others are compared with. */
  readonly to: string;
  /** Between its pictures of one item and the next: what pictures that have nothing in common but the world differ by. */
  readonly chance: number;
  readonly rows: readonly Likeness[];
}

/** Compares pictures of the same item. `to` names the system that the others are compared with; undefined if it drew none. */
export function likeness(pictures: readonly EvaluatedPicture[], to: string): LikenessEvaluation | undefined {
  const goals = pictures.filter(({ system }) => system === to);
  if (goals.length < 2) return undefined;
  const goalOf = new Map(goals.map(({ item, picture }) => [item, picture]));
  const systems = [...new Set(pictures.map(({ system }) => system))].filter((name) => name !== to);
  const apart = goals.map(({ picture }, i) =>
    squaredDifference(picture, (goals[(i + 1) % goals.length] as EvaluatedPicture).picture),
  );
  return {
    to,
    chance: apart.reduce((sum, value) => sum + value, 0) / apart.length,
    rows: systems.map((system) => {
      const own = pictures.filter((one) => one.system === system);
      const distances = own.map(({ item, picture }) => {
        return squaredDifference(picture, goalOf.get(item) as Image);
      });
      return { system, distance: bootstrapMean(distances) };
    }),
  };
}

function squaredDifference({ data: a }: Image, { data: b }: Image): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += ((a[i] as number) - (b[i] as number)) ** 2;
  return sum / (255 ** 2 * a.length);
}
