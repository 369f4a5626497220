/** Builds a store with the compiled library, so that its workers run. Started by ../corpus.ts. */
import { buildCorpus } from '../../src/corpus/build/build.ts';

const [input, out, teacher, student] = process.argv.slice(2);
const began = performance.now();
const marks: string[] = [];
const mark = (name: string) => marks.push(`${name} ${((performance.now() - began) / 1000).toFixed(1)} s`);
const building = buildCorpus({
  inputs: [input!],
  out: out!,
  tokenizers: { teacher: teacher!, student: student! },
});
let next = await building.next();
for (; !next.done; next = await building.next()) if (next.value.kind !== 'read') mark(next.value.kind);
mark('done');
const { pairs, sources } = next.value;
const dropped = new Map<string, number>();
for (const source of sources) {
  for (const [reason, rows] of Object.entries(source.dropped))
    dropped.set(reason, (dropped.get(reason) ?? 0) + rows);
}
console.log(marks.join(', '));
console.log(
  `${pairs} pairs; dropped ${[...dropped].map(([reason, rows]) => `${reason} ${rows}`).join(', ')}`,
);
