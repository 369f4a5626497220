/**
 * How many pairs a second `ksd eval --measures states` encodes and measures, and where the time goes: the packaged `roberta`
 * on captions that it never saw, in Korean and in English. CPU seconds are those of all threads.
 *
 *   npm run bench:evaluation               1,000 pairs
 *   npm run bench:evaluation -- 4000
 *   node --cpu-prof out/bench/bench/evaluation.js    for the functions
 */
import { readPairs } from '../src/corpus/pairs.ts';
import { openTextEncoder } from '../src/encoders/textEncoder.ts';
import { choosePairs } from '../src/evaluation/statePairs.ts';
import { encoderSystem, referenceOf } from '../src/evaluation/stateSystems.ts';
import { evaluateStates, type StatesSystem } from '../src/evaluation/states.ts';
import { finish } from '../src/generation/finish.ts';
import { openRuntime } from '../src/runtime/node.ts';
import type { Runtime, Session } from '../src/runtime/session.ts';

interface Spent {
  wall: number;
  cpu: number;
}

const parts = { encode: spent(), retrieval: spent(), whole: spent() };

function spent(): Spent {
  return { wall: 0, cpu: 0 };
}

async function timed<Value>(part: Spent, work: () => Promise<Value>): Promise<Value> {
  const [wall, cpu] = [performance.now(), process.cpuUsage()];
  const value = await work();
  const { user, system } = process.cpuUsage(cpu);
  part.wall += (performance.now() - wall) / 1000;
  part.cpu += (user + system) / 1e6;
  return value;
}

function timedSystem(system: StatesSystem): StatesSystem {
  return { ...system, states: (pairs) => timed(parts.encode, () => system.states(pairs)) };
}

/** A runtime of which the measures' own sessions, the products of the retrieval, are timed. */
function timedRuntime(runtime: Runtime): Runtime {
  const timedSession = (session: Session): Session => ({
    ...session,
    run: (feeds) => timed(parts.retrieval, () => session.run(feeds)),
  });
  return { ...runtime, open: async (...args) => timedSession(await runtime.open(...args)) };
}

const count = Number(process.argv[2] ?? 1000);
const runtime = await openRuntime('cpu');
const teacher = await openTextEncoder(runtime, 'models/emoji-sd/model/text_encoder');
const student = { ...(await openTextEncoder(runtime, 'models/students/roberta')), name: 'roberta' };
const { measured } = choosePairs(await readPairs('models/emoji-sd/captions/held_out.jsonl'), { count });
const reference = referenceOf(teacher);
// The teacher's states are the student's exercise book: read once, whatever number of students is measured.
const goal = new Map<string, Float32Array>();
for (let start = 0; start < measured.length; start += 64) {
  const some = measured.slice(start, start + 64);
  const states = await reference.states(some);
  some.forEach(({ en }, i) => void goal.set(en, states[i] as Float32Array));
}
const known = {
  ...reference,
  states: async (pairs: typeof measured) => pairs.map(({ en }) => goal.get(en)!),
};
const systems = (['ko', 'en'] as const).map((language) =>
  timedSystem(encoderSystem(student, language, 'roberta')),
);
// The first run warms up.
for (const pairs of [measured.slice(0, 64), measured]) {
  for (const part of Object.values(parts)) Object.assign(part, spent());
  await timed(parts.whole, () => finish(evaluateStates(timedRuntime(runtime), pairs, known, systems)));
}
const texts = measured.length * systems.length;
const { whole, encode, retrieval } = parts;
console.log(
  `${texts} texts of ${measured.length} pairs: ${(texts / whole.wall).toFixed(0)} pairs/s a system and language`,
);
const rest = { wall: whole.wall - encode.wall - retrieval.wall, cpu: whole.cpu - encode.cpu - retrieval.cpu };
for (const [name, { wall, cpu }] of Object.entries({
  encode,
  'products of the retrieval': retrieval,
  'measures, intervals, ranks': rest,
})) {
  console.log(
    `  ${name}: ${wall.toFixed(2)} s (${((100 * wall) / whole.wall).toFixed(0)} %), ${cpu.toFixed(2)} CPU s`,
  );
}
await teacher.dispose();
await student.dispose();
