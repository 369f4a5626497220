/**
 * JSON made wrong at random: values replaced, keys doubled or renamed, nested deeper than any stack, and not JSON at all.
 *
 * Knows no schema.
 */
import { isJsonObject } from '../json.ts';
import { chance, pick, type Random } from './mutate.ts';

/** Stands in a tree for text that is written as it is. */
class Raw {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

const nested = (open: string, close: string, depth: number) => `${open.repeat(depth)}1${close.repeat(depth)}`;

const values: readonly ((random: Random) => string)[] = [
  (random) => pick(random, ['0', '-0', '-1', '0.5', '1e999', '-1e999', '1e-999', '2147483648', '4294967296']),
  (random) =>
    pick(random, ['9007199254740991', '9007199254740992', '9223372036854775808', '1e19', '1'.repeat(400)]),
  (random) =>
    pick(random, ['NaN', 'Infinity', 'undefined', "'a'", '0x10', '01', '+1', '"\t"', '{', '[', '', '//']),
  (random) =>
    pick(random, ['null', 'true', 'false', '""', '[]', '{}', '[null]', '{"": 0}', '[0, 0]', '[1, 0]']),
  (random) =>
    pick(random, ['"\\ud800"', '"\\udc00\\ud800"', '"\\u0000"', '"\\u001b[2J"', '"__proto__"', '"../x"']),
  (random) =>
    pick(random, ['"F32"', '"F16"', '"I64"', '"U8"', '"toString"', '"constructor"', '"model.safetensors"']),
  (random) => `{"__proto__": ${pick(random, ['null', '1', '{"dtype": "F32"}', '[]'])}}`,
  (random) => nested('[', ']', pick(random, [1, 10, 1000, 20_000])),
  (random) => nested('{"a":', '}', pick(random, [1, 10, 1000, 8000])),
  (random) => `[${'1,'.repeat(pick(random, [10, 100, 10_000]))}1]`,
  (random) => JSON.stringify('x'.repeat(pick(random, [1, 300, 30_000]))),
];

const keys = [
  '__proto__',
  'constructor',
  'toString',
  '',
  '\ud800',
  '\u0000',
  'dtype',
  'weight_map',
  '__metadata__',
  'w',
];

/** The text of `tree` with one to three things changed. */
export function jsonMutant(random: Random, tree: unknown): string {
  const root = { root: structuredClone(tree) };
  for (let left = chance(random, 2) ? 1 : 1 + random.below(3); left > 0; left--) change(random, root);
  return print(root.root);
}

type Holder = Record<string, unknown> | unknown[];

function holders(value: unknown): Holder[] {
  if (Array.isArray(value)) return [value, ...value.flatMap(holders)];
  return isJsonObject(value) && !(value instanceof Raw)
    ? [value as Holder, ...Object.values(value).flatMap(holders)]
    : [];
}

/** Changes a value, mostly gently enough that the reader goes on to its next check. */
function change(random: Random, root: { root: unknown }): void {
  const holder = pick(
    random,
    chance(random, 20) ? [root as Holder] : [...holders(root.root), root as Holder],
  );
  // An array that is given other keys is none any more to its own methods.
  const places = Object.keys(Array.isArray(holder) && holder.length === 0 ? [0] : holder);
  const at = holder as Record<string, unknown>;
  const key = places.length > 0 ? pick(random, places) : Array.isArray(holder) ? '0' : 'a';
  const value = at[key];
  const kind = random.below(8);
  if (kind <= 1 && typeof value === 'number') at[key] = value + pick(random, [-1, 1, 4, 8, -value, 0.5]);
  else if (kind === 2) delete at[key];
  else if (kind === 3) at[pick(random, places.length > 1 || Array.isArray(holder) ? places : keys)] = value;
  else if (kind === 4 && !Array.isArray(holder) && holder !== (root as Holder)) {
    delete at[key];
    Object.defineProperty(at, pick(random, keys), {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  } else if (kind === 5 && !Array.isArray(holder) && holder !== (root as Holder)) {
    // The same key a second time: the printer writes what stands in a raw value.
    at[key] = new Raw(`${print(value)}, ${JSON.stringify(key)}: ${print(value)}`);
  } else at[key] = new Raw(pick(random, values)(random));
}

function print(value: unknown): string {
  if (value instanceof Raw) return value.text;
  if (Array.isArray(value)) return `[${Array.from(value, print).join(',')}]`;
  if (!isJsonObject(value)) return JSON.stringify(value) ?? 'null';
  return `{${Object.entries(value)
    .map(([key, item]) => `${JSON.stringify(key)}:${print(item)}`)
    .join(',')}}`;
}
