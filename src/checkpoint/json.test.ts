import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { CheckpointError } from '../errors.ts';
import { duplicateKey, readJson, readJsonLines, readJsonObject, writeJson } from './json.ts';

const scratch = await mkdtemp(join(tmpdir(), 'ksd-json-'));
afterAll(() => rm(scratch, { recursive: true }));

async function written(text: string): Promise<string> {
  const path = join(scratch, 'file.json');
  await writeFile(path, text);
  return path;
}

function pythonText(value: number | string): string {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : JSON.stringify(value);
}

async function all(path: string, options = {}): Promise<unknown[]> {
  const values: unknown[] = [];
  for await (const value of readJsonLines(path, options)) values.push(value);
  return values;
}

describe('readJson', () => {
  it('gives back what writeJson wrote', async () => {
    const value = { 이름: ['빨간 사과', 1.5, null, true] };
    await writeJson(join(scratch, 'value.json'), value);
    expect(await readJson(join(scratch, 'value.json'))).toEqual(value);
    expect(await readdir(scratch)).toContain('value.json');
  });

  it('overlooks a byte order mark', async () => {
    expect(await readJson(await written('\uFEFF{"a": 1}'))).toEqual({ a: 1 });
  });

  it('names file, line and column of what is wrong', async () => {
    const path = await written('{\n  "a": 1,\n  "b": x\n}');
    await expect(readJson(path)).rejects.toThrow(CheckpointError);
    await expect(readJson(path)).rejects.toThrow(`${path} is not valid JSON at line 3, column 8`);
    await expect(readJson(await written('{"a": '))).rejects.toThrow('line 1, column 7');
  });

  it('reads the numbers that only Python writes, and leaves texts alone', async () => {
    const path = await written(
      '{"a": -Infinity, "b": [Infinity,NaN], "c": "NaN \\" Infinity", "-Infinity": 1}',
    );
    expect(await readJson(path)).toEqual({
      a: Number.NEGATIVE_INFINITY,
      b: [Number.POSITIVE_INFINITY, Number.NaN],
      c: 'NaN " Infinity',
      '-Infinity': 1,
    });
  });

  it('names the place of an error beside such numbers, and refuses words that only look like them', async () => {
    await expect(readJson(await written('{"a": -Infinity, "b": x}'))).rejects.toThrow('line 1, column 23');
    for (const word of ['+Infinity', '- Infinity', 'Infinityx', 'nan', 'NaN1', '-NaN', 'Infinity.5']) {
      await expect(readJson(await written(`[${word}]`))).rejects.toThrow('not valid JSON');
    }
  });

  it('reads any value that Python writes', async () => {
    const special = fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);
    const leaf = fc.oneof(
      special,
      fc.double().filter((number) => !Object.is(number, -0)),
      fc.string(),
      fc.constantFrom('NaN', '-Infinity', '"Infinity'),
    );
    const value = fc.dictionary(fc.string(), fc.array(leaf));
    await fc.assert(
      fc.asyncProperty(value, async (given) => {
        const text = `{${Object.entries(given).map(
          ([key, values]) => `${JSON.stringify(key)}: [${values.map(pythonText).join(', ')}]`,
        )}}`;
        expect(await readJson(await written(text))).toEqual(Object.assign(Object.create(null), given));
      }),
      { numRuns: 30 },
    );
  });

  it('says that a file is missing, or is no object where one is needed', async () => {
    await expect(readJson(join(scratch, 'none.json'))).rejects.toThrow('does not exist');
    await expect(readJsonObject(await written('[1]'))).rejects.toThrow('does not hold a JSON object');
  });
});

describe('readJsonLines', () => {
  it('gives the values in order, over lines longer than a chunk, without blank lines', async () => {
    const values = ['가'.repeat(100_000), { n: 1 }, [2]];
    const path = await written(`${values.map((value) => JSON.stringify(value)).join('\n\n')}\r\n`);
    expect(await all(path)).toEqual(values);
  });

  it('names the line that is wrong', async () => {
    const path = await written('{"n": 1}\n\n{"n": ');
    await expect(all(path)).rejects.toThrow(`${path} is not valid JSON at line 3, column 7`);
    await expect(all(join(scratch, 'none.jsonl'))).rejects.toThrow('does not exist');
  });

  it('leaves out an append that was cut off, if asked to', async () => {
    const path = await written('{"n": 1}\n{"n": 2');
    expect(await all(path, { dropTornLine: true })).toEqual([{ n: 1 }]);
  });

  it('counts a last line without a line feed', async () => {
    expect(await all(await written('1\n2'))).toEqual([1, 2]);
  });
});

describe('duplicateKey', () => {
  it('finds a key that stands twice in one object, however it is written', () => {
    expect(duplicateKey('{"a": 1, "b": {"a": 2}, "\\u0061" : 3}')).toBe('a');
    expect(duplicateKey('{"a": {"x": [{}], "x": 0}}')).toBe('x');
  });

  it('takes a string of any length, with any escapes', () => {
    const long = JSON.stringify({ a: '\\"'.repeat(4e6), b: 'x'.repeat(2e7), c: '"a": ' });
    expect(duplicateKey(long)).toBeUndefined();
    expect(duplicateKey(`${long.slice(0, -1)} , "a" \n: 1}`)).toBe('a');
  });

  it('finds none in what JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(duplicateKey(JSON.stringify(JSON.parse(text)))).toBeUndefined();
      }),
    );
  });
});
