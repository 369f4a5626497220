/**
 * Pieces of pickles that mean harm: each pushes one value, if a reader lets it.
 *
 * What they ask for would run commands, or take endless memory, stack or time. Knows no reader.
 */
import { chance, extremes, pick, type Random, setNumber } from './mutate.ts';
import { memoBomb, text, tuple } from './pickles.ts';

const command = text('touch ksd-was-run');

/** Globals that run code, load code, or reach what does; dots and other endings try to slip past a list. */
export const dangerous: readonly string[] = [
  ...['posix system', 'os system', 'nt system', 'os popen', 'subprocess Popen', 'subprocess check_output'],
  ...['builtins eval', 'builtins exec', '__builtin__ eval', '__builtin__ getattr', 'builtins __import__'],
  ...['torch load', 'torch.hub load', 'torch._utils _rebuild_tensor_v3', 'runpy run_path', 'pickle loads'],
  ...[
    'numpy load',
    'operator attrgetter',
    'functools partial',
    'webbrowser open',
    'pty spawn',
    'shutil rmtree',
  ],
  ...['collections.OrderedDict __init__', 'collections OrderedDict.__class__', 'Collections OrderedDict'],
  ...['__proto__ x', 'constructor constructor', 'collections OrderedDict ', 'torch Size\u0000', ' '],
];

const allowed = ['collections OrderedDict', 'torch Size', 'numpy dtype', '_codecs encode', '__builtin__ set'];
const calls = [
  ...allowed,
  'torch._utils _rebuild_tensor_v2',
  'torch._utils _rebuild_parameter',
  'torch FloatStorage',
];

const named = (name: string) => `c${name.replace(' ', '\n')}\n`;
const long = (width: number, value: bigint) => {
  const bytes = Buffer.alloc(width);
  setNumber(bytes, 0, width, value);
  return bytes.toString('latin1');
};

/** A number, small or not at all, as an integer of one to nine bytes or a float. */
function number(random: Random): string {
  const value = chance(random, 2) ? BigInt(random.below(8)) : pick(random, extremes);
  return pick(random, [
    () => `J${long(4, value)}`,
    () => `\x8a\x09${long(8, value)}${value < 0n ? '\xff' : '\x00'}`,
    () => `K${long(1, value)}`,
    () => `G${long(8, value)}`,
  ])();
}

const numbers = (random: Random) =>
  `${pick(random, ['(', '('])}${Array.from({ length: random.below(4) }, () => number(random)).join('')}t`;

function storage(random: Random): string {
  const type = pick(random, ['FloatStorage', 'HalfStorage', 'LongStorage', 'Size', 'QInt8Storage']);
  const key = pick(random, [text('0'), text('9'), 'K\x00', 'N', text('../0')]);
  const view = chance(random, 3) ? tuple(text('v'), number(random), number(random)) : 'N';
  return `${tuple(text('storage'), named(`torch ${type}`), key, text('cpu'), number(random), view)}Q`;
}

function tensor(random: Random): string {
  const args = [storage(random), number(random), numbers(random), numbers(random), '\x89', 'N'];
  if (chance(random, 4)) args.splice(random.below(6), 1);
  return `${named('torch._utils _rebuild_tensor_v2')}${tuple(...args)}R`;
}

/** A tensor whose shape and strides are one list that changes after. */
const changing = (random: Random) =>
  `](${text('t')}${named('torch._utils _rebuild_tensor_v2')}(${storage(random)}K\x00]r\x00\x01\x00\x00j\x00\x01\x00\x00tRj\x00\x01\x00\x00K\x02aj\x00\x01\x00\x00j\x00\x01\x00\x00ae`;

const pieces: readonly ((random: Random) => string)[] = [
  (random) => `${named(pick(random, dangerous))}(${command}tR`,
  (random) => {
    const [module = '', name = ''] = pick(random, dangerous).split(' ');
    return `\x8c${String.fromCharCode(module.length)}${module}\x8c${String.fromCharCode(name.length)}${name}\x93${command}\x85R`;
  },
  // Names that are no text: numbers, lists that spell an allowed name, lists without end.
  (random) =>
    `${pick(random, ['K\x01', 'N', ']', ']\x8c\x0bcollectionsa', memoBomb(30), '}'])}\x8c\x0bOrderedDict\x93)R`,
  (random) =>
    `\x8c\x0bcollections${pick(random, ['K\x01', 'N', ']\x8c\x0bOrderedDicta', memoBomb(30)])}\x93)R`,
  // Calls of what is listed, with any arguments, and of what is no function.
  (random) =>
    `${named(pick(random, calls))}${pick(random, ['N', ')', 'K\x01', '](K\x01K\x02e\x85', '}\x85', numbers(random)])}R`,
  (random) => `${pick(random, ['N', '}', ']', 'K\x01', command])})R`,
  // States set on what has none.
  (random) => `${tensor(random)}}${command}N\x73b`,
  (random) => `${named(pick(random, calls))}${pick(random, [')R', ''])}(${command}tb`,
  // Objects, classes and extension codes.
  (random) => `(i${named(pick(random, [...dangerous, ...allowed])).slice(1)}`,
  (random) => `(${named(pick(random, allowed))}${command}o`,
  (random) => `${named(pick(random, [...dangerous, ...allowed]))}(${command}t\x81`,
  (random) => `${named(pick(random, allowed))})}\x92`,
  (random) =>
    pick(random, [
      '\x82\x01',
      '\x83\x01\x01',
      '\x84\x01\x01\x01\x01',
      'Pposix.system\n',
      '\x97',
      '\x98',
      '\x8f',
      '\x91',
    ]),
  // Values that hold themselves, share themselves, or are nested deeper than any stack.
  () => ']q\xf0h\xf0ah\xf0a',
  () => `}q\xf1h\xf1h\xf1s${text('a')}h\xf1s`,
  () => '](K\x01\x85q\xf2h\xf2\x86eq\xf3h\xf3a',
  () => memoBomb(40),
  (random) => `N${'\x85'.repeat(pick(random, [10, 5000, 20_000]))}`,
  (random) => `${'('.repeat(pick(random, [10, 5000]))}`,
  (random) => `${']'.repeat(3000)}${'a'.repeat(pick(random, [2999, 3000]))}`,
  // One list of pairs that becomes many dictionaries.
  () =>
    `](${'K\x01K\x02\x86q\xf4'}${'h\xf4'.repeat(500)}eq\xf5${`${named('collections OrderedDict')}h\xf5\x85R0`.repeat(200)}N`,
  // Lengths beyond everything.
  (random) => pick(random, ['\x8b', 'X', 'T', 'B']) + long(4, pick(random, extremes)),
  (random) => pick(random, ['\x8d', '\x8e', '\x96', '\x95']) + long(8, pick(random, extremes)),
  (random) => `\x8b${long(4, 300n + BigInt(random.below(9000)))}${'\xff'.repeat(9000)}`,
  (random) => pick(random, ['r', 'j']) + long(4, pick(random, extremes)),
  number,
  storage,
  tensor,
  tensor,
  changing,
];

/** One of them. */
export function hostile(random: Random): Buffer {
  return Buffer.from(pick(random, pieces)(random), 'latin1');
}

/** A state dict of some of them. */
export function hostileState(random: Random): Buffer {
  const keys = [text('w'), text('state_dict'), text('v'), 'K\x01', ')', text('__proto__')];
  const items = Array.from({ length: 1 + random.below(3) }, () => {
    const value = chance(random, 3)
      ? `}(${text('n')}${hostile(random).toString('latin1')}u`
      : hostile(random).toString('latin1');
    return chance(random, 8) ? value + value : pick(random, keys) + value;
  });
  return Buffer.from(`\x80\x02}(${items.join('')}u.`, 'latin1');
}
