/**
 * The sound files that fuzzing starts from, small ones that the reference libraries wrote, and mutants of them that
 * keep to their format far enough to reach every check of its reader.
 */
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { readZipEntries } from '../zip.ts';
import { hostileState } from './hostilePickles.ts';
import { jsonMutant } from './jsonMutant.ts';
import { memoryFile } from './memoryFile.ts';
import { chance, extremes, mutate, pick, type Random, setNumber } from './mutate.ts';
import { operationsOf, pickleMutant } from './pickleMutant.ts';
import { breakZip, type ZipFile, zip, zipFields } from './zipArchive.ts';

export interface Sample {
  readonly name: string;
  readonly bytes: Buffer;
  /** Where one part of the file ends and the next begins. */
  readonly boundaries: readonly number[];
}

/** Which of the goldens are small, and differ in what they hold. */
const safetensorsNames = [
  'add_scalar',
  'conv2d_no_bias',
  'embedding_repeated',
  'gather_axis1',
  'where',
  'log',
];
const ckpts = 'fixtures/reference/ckpt';

export async function safetensorsSamples(): Promise<Sample[]> {
  const samples: Sample[] = [];
  for (const name of safetensorsNames) {
    const bytes = await readFile(join('fixtures/golden/ops', `${name}.safetensors`));
    const start = 8 + Number(bytes.readBigUInt64LE());
    const header = JSON.parse(bytes.toString('utf8', 8, start)) as Record<
      string,
      { data_offsets?: number[] }
    >;
    const ends = Object.values(header).flatMap(({ data_offsets = [] }) =>
      data_offsets.map((end) => start + end),
    );
    samples.push({ name, bytes, boundaries: [0, 7, 8, start, ...ends] });
  }
  return samples;
}

export function safetensorsMutant(random: Random, samples: readonly Sample[]): Buffer {
  const { bytes, boundaries } = pick(random, samples);
  if (chance(random, 4)) return mutate(random, bytes, pick(random, samples).bytes, boundaries);
  const start = 8 + Number(bytes.readBigUInt64LE());
  const header = JSON.parse(bytes.toString('utf8', 8, start)) as object;
  const metadata = chance(random, 3) ? { __metadata__: { format: 'pt' } } : {};
  const text = Buffer.from(jsonMutant(random, { ...metadata, ...header }));
  const length = Buffer.alloc(8);
  setNumber(length, 0, 8, chance(random, 20) ? pick(random, extremes) : BigInt(text.length));
  const whole = Buffer.concat([length, text, bytes.subarray(start)]);
  return chance(random, 10) ? mutate(random, whole, bytes, [8, 8 + text.length]) : whole;
}

export interface TorchSample extends Sample {
  /** What its archive holds; nothing in the older layout. */
  readonly files: readonly ZipFile[];
  /** Where its state dict's pickle begins and ends. */
  readonly pickle: readonly [number, number];
}

/** The checkpoints that must open, in both layouts. */
export async function torchSamples(): Promise<TorchSample[]> {
  const names = (await readdir(ckpts)).filter(
    (name) => name.endsWith('.ckpt') && !name.startsWith('malicious'),
  );
  return Promise.all(names.sort().map(async (name) => torchSample(name, await readFile(join(ckpts, name)))));
}

async function torchSample(name: string, bytes: Buffer): Promise<TorchSample> {
  if (bytes.toString('latin1', 0, 2) !== 'PK') {
    const ends = [0];
    for (let left = 5; left > 0; left--) {
      const at = ends.at(-1) as number;
      ends.push(at + Buffer.concat(operationsOf(bytes.subarray(at))).length);
    }
    return { name, bytes, boundaries: ends, files: [], pickle: [ends[3] as number, ends[4] as number] };
  }
  const entries = await readZipEntries(memoryFile(name, bytes));
  const files = entries.map(({ name, offset, byteLength }) => ({
    name,
    content: bytes.subarray(offset, offset + byteLength),
  }));
  const state = entries.find(({ name }) => basename(name) === 'data.pkl');
  if (!state) throw new Error(`${name} holds no data.pkl`);
  const boundaries = [...zipFields(bytes).map(({ at }) => at), ...entries.map(({ offset }) => offset)];
  return { name, bytes, boundaries, files, pickle: [state.offset, state.offset + state.byteLength] };
}

export function pickleOf({ bytes, pickle: [begin, end] }: TorchSample): Buffer {
  return bytes.subarray(begin, end);
}

export function torchMutant(random: Random, samples: readonly TorchSample[]): Buffer {
  const sample = pick(random, samples);
  const { bytes, boundaries, files } = sample;
  if (chance(random, 4)) return mutate(random, bytes, pick(random, samples).bytes, boundaries);
  if (files.length > 0 && chance(random, 4)) return breakZip(random, bytes);
  if (files.length === 0 && chance(random, 3)) {
    const part = random.below(boundaries.length - 1);
    const [begin, end] = boundaries.slice(part, part + 2) as [number, number];
    const changed = pickleMutant(random, bytes.subarray(begin, end));
    return Buffer.concat([bytes.subarray(0, begin), changed, bytes.subarray(end)]);
  }
  const pickle = chance(random, 4) ? hostileState(random) : pickleMutant(random, pickleOf(sample));
  return withPickle(random, sample, pickle);
}

function withPickle(
  random: Random,
  { bytes, pickle: [begin, end], files }: TorchSample,
  pickle: Buffer,
): Buffer {
  if (files.length === 0) return Buffer.concat([bytes.subarray(0, begin), pickle, bytes.subarray(end)]);
  const others = files.map((file) =>
    otherFile(random, basename(file.name) === 'data.pkl' ? { ...file, content: pickle } : file),
  );
  return zip(others, chance(random, 3));
}

/** Now and then a file with another name, compression or content. */
function otherFile(random: Random, file: ZipFile): ZipFile {
  if (!chance(random, 20)) return file;
  return pick(random, [
    { ...file, method: 8 },
    {
      ...file,
      name: file.name.replace(
        /[^/]*$/,
        pick(random, ['0', 'other.pkl', 'data.pkl', 'byteorder', '\u001b[2J']),
      ),
    },
    { ...file, content: file.content.subarray(random.below(file.content.length + 1)) },
    { ...file, content: Buffer.from('big') },
  ]);
}
