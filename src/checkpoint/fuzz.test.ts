/**
 * Over twenty thousand damaged and hostile files for the readers of weights. Each is opened or refused in a sentence
 * that names it; none is read beyond its end, runs anything, or takes a reader down.
 *
 * A failure names its run and the number of its mutant: `judge(run, number)` repeats that one alone. The counts of mutants
 * are those that reach every reason for which a reader refuses.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { duplicateKey, parseJson } from './json.ts';
import { unpickle } from './pickle.ts';
import { readSafetensors } from './safetensors.ts';
import type { Weights } from './tensorEntry.ts';
import {
  pickleOf,
  safetensorsMutant,
  safetensorsSamples,
  torchMutant,
  torchSamples,
} from './testing/fuzzCorpus.ts';
import { hostileState } from './testing/hostilePickles.ts';
import { jsonMutant } from './testing/jsonMutant.ts';
import { type MemoryFile, memoryFile } from './testing/memoryFile.ts';
import { chance, mutate, pick } from './testing/mutate.ts';
import { pickleMutant } from './testing/pickleMutant.ts';
import { checkWeights, expectSound, type Run } from './testing/verdicts.ts';
import { breakZip, zip } from './testing/zipArchive.ts';
import { readTorchFile } from './torchFile.ts';
import { torchGlobals } from './torchGlobals.ts';
import { torchRules } from './torchTensors.ts';
import { readZipEntries } from './zip.ts';

const safetensors = await safetensorsSamples();
const torch = await torchSamples();
const archives = torch.filter(({ files }) => files.length > 0);

/** Reads an open file in memory and checks what comes out. No reader needs the file's bytes more than three times. */
async function checked(file: MemoryFile, read: (file: MemoryFile) => Promise<Weights>): Promise<void> {
  checkWeights(await read(file), file.size, file.realPath);
  if (file.taken() > 3 * file.size + 100_000)
    throw new Error(`${file.taken()} bytes of ${file.size} were read`);
}

describe('sound files', () => {
  it('all open, so that mutants of them are refused for what was changed', async () => {
    for (const { name, bytes } of safetensors) {
      expect((await readSafetensors(memoryFile(name, bytes))).tensors.size).toBeGreaterThan(0);
    }
    for (const sample of torch) {
      expect((await readTorchFile(memoryFile(sample.name, sample.bytes))).tensors.size).toBeGreaterThan(0);
      expect(unpickle(pickleOf(sample), torchRules(sample.name)).value).toBeInstanceOf(Map);
    }
    expect([safetensors.length, torch.length]).toEqual([6, 5]);
  });
});

describe('mutants are opened or refused by name', () => {
  it('safetensors files', async () => {
    const file = 'fuzz.safetensors';
    const run: Run<Buffer> = {
      name: 'safetensors',
      count: 7000,
      file,
      mutant: (random) => safetensorsMutant(random, safetensors),
      read: (bytes) => checked(memoryFile(file, bytes), readSafetensors),
    };
    await expectSound(
      run,
      300,
      `
      its header alone takes 8 | its header claims | its header should end | is not valid JSON |
      is not a JSON object | twice | is not described by an object | has the unknown type |
      is not UTF-8 | has the shape | has the data_offsets | begins at | ends at byte | takes |
      overlaps | __metadata__ | belong to none | belong to no tensor | nested too deeply`,
    );
  });

  it('PyTorch files of both layouts', async () => {
    const file = 'fuzz.ckpt';
    const run: Run<Buffer> = {
      name: 'torch',
      count: 6000,
      file,
      mutant: (random) => torchMutant(random, torch),
      read: (bytes) => checked(memoryFile(file, bytes), readTorchFile),
    };
    await expectSound(
      run,
      300,
      `
      asks for the Python global | missing or compressed | is not contiguous | exceeds its storage |
      does not hold a dictionary | holds no tensor | holds no data.pkl | list its storages | described as tensors are |
      described as storages are | does not begin as PyTorch | belongs to no tensor |
      elements instead of | is truncated | twice | what is no name | the storage of tensor |
      is compressed | not a sound zip archive | described as views are | what are no pairs`,
    );
  });

  it('pickles, of which nothing is called but what is listed', async () => {
    const called = new Set<string>();
    const rules = torchRules('fuzz.pkl');
    const globals = new Map(
      Array.from(rules.globals, ([key, { name, call }]) => {
        const recorded = (args: readonly unknown[]) => {
          called.add(name);
          return call?.(args);
        };
        return [key, call ? { name, call: recorded } : { name }] as const;
      }),
    );
    const run: Run<Buffer> = {
      name: 'pickle',
      count: 7000,
      file: 'fuzz.pkl',
      mutant: (random) => {
        const sound = pickleOf(pick(random, torch));
        if (chance(random, 6)) return mutate(random, sound, pickleOf(pick(random, torch)), []);
        return chance(random, 2) ? hostileState(random) : pickleMutant(random, sound);
      },
      read: (bytes) => {
        const { end } = unpickle(bytes, { ...torchRules('fuzz.pkl'), globals });
        if (!(end > 0 && end <= bytes.length)) throw new Error(`its end is ${end} of ${bytes.length}`);
      },
    };
    const { refusals } = await expectSound(
      run,
      300,
      `
      ends in the middle | takes from an empty stack | lacks a mark | which it never kept |
      what is no list | what is no dictionary | asks for the Python global | what is no text |
      what is no function | is not supported | sets the state of an object | a number of |
      a key without a value | posix.system | builtins.eval | torch.load | operation 0x69 |
      operation 0x6f`,
    );
    expect(refusals.length).toBeGreaterThan(2000);
    expect([...called].filter((name) => !torchGlobals.has(name))).toEqual([]);
    expect([...called]).toContain('torch._utils._rebuild_tensor_v2');
    expect(existsSync('ksd-was-run')).toBe(false);
  });

  it('zip archives', async () => {
    const file = 'fuzz.zip';
    const sound = archives.flatMap(({ bytes, files }) => [bytes, zip(files, true)]);
    const run: Run<Buffer> = {
      name: 'zip',
      count: 4000,
      file,
      mutant: (random) => {
        const bytes = pick(random, sound);
        return chance(random, 4) ? mutate(random, bytes, pick(random, sound), []) : breakZip(random, bytes);
      },
      read: async (bytes) => {
        for (const { offset, byteLength } of await readZipEntries(memoryFile(file, bytes))) {
          const sound = offset >= 0 && byteLength >= 0 && offset + byteLength <= bytes.length;
          if (!sound) throw new Error(`an entry lies at ${offset}, ${byteLength} of ${bytes.length}`);
        }
      },
    };
    await expectSound(
      run,
      300,
      `
      record at its end is missing | its directory lies outside | of its directory is broken |
      is cut off | lies outside | the header of | zip64 record lies outside | zip64 record is broken`,
    );
  });

  it('JSON', async () => {
    const trees = [
      { a: { b: [1, 2], c: 'x' }, d: null },
      [{ a: 1 }, { a: 1, b: {} }],
      { 가: '나', e: [[[]], 0.5] },
    ];
    const run: Run<string> = {
      name: 'json',
      count: 2000,
      file: 'fuzz.json',
      mutant: (random) => {
        const text = jsonMutant(random, pick(random, trees));
        return chance(random, 3)
          ? mutate(random, Buffer.from(text), Buffer.from('{"a":1}'), []).toString()
          : text;
      },
      read: (text) => {
        parseJson(text, 'fuzz.json');
        duplicateKey(text);
      },
    };
    await expectSound(
      run,
      300,
      `
      is not valid JSON at line 1, column 1 | Unexpected token | Unexpected end | position`,
    );
  });
});

describe('what opens them', () => {
  it('is code that has no means to run a program', async () => {
    for (const name of ['pickle', 'torchGlobals', 'torchTensors', 'torchFile', 'zip']) {
      const code = await readFile(`src/checkpoint/${name}.ts`, 'utf8');
      expect(code.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')).not.toMatch(
        /\beval\b|\bFunction\(|\bimport\(|\brequire\b|child_process|node:vm|\bprocess\b/,
      );
    }
  });
});
