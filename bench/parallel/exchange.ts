/**
 * One of the processes whose exchange bench/parallel.ts times: adds up arrays of the size of a model's gradients.
 * Prints the seconds that each of some rounds took, as JSON, from process 0.
 */
import { launchOf } from '../../src/distillation/parallel/launch.ts';
import { openCollective } from '../../src/distillation/parallel/open.ts';

const [values, rounds] = process.argv.slice(2).map(Number) as [number, number];
const collective = await openCollective(launchOf(process.env));
const gradients = new Float32Array(values).fill(1);
const seconds: number[] = [];
for (let i = 0; i <= rounds; i++) {
  await collective.barrier();
  const began = performance.now();
  await collective.sum(gradients);
  // The first one warms up.
  if (i > 0) seconds.push((performance.now() - began) / 1000);
}
await collective.close();
if (collective.rank === 0) console.log(JSON.stringify(seconds));
