import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSafetensors } from '../checkpoint/safetensors.ts';
import { readFloat32, tensorNamed } from '../checkpoint/tensorEntry.ts';
import { ConfigError } from '../errors.ts';
import { finish } from '../generation/finish.ts';
import { decodePng } from '../pictures/png.ts';
import { openRuntime } from '../runtime/node.ts';
import { type Clip, openClip } from './clipModel.ts';
import { clipScore, evaluateClipScore } from './clipScore.ts';
import { textProjection, visionFiles, writeTinyClip } from './testing/clipFolder.ts';

const runtime = await openRuntime('cpu', { threads: 1 });
let folder: string;
let clip: Clip;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ksd-clip-'));
  await writeTinyClip(folder);
  clip = await openClip(runtime, folder);
});

afterAll(async () => {
  await clip.dispose();
  await rm(folder, { recursive: true });
});

async function tensor(path: string, name: string): Promise<Float32Array> {
  return readFloat32(tensorNamed(await openSafetensors(path), name));
}

const pictures: { picture: string }[] = JSON.parse(await readFile(`${visionFiles}/cases.json`, 'utf8'));
const imageOf = async ({ picture }: { picture: string }) =>
  decodePng(await readFile(`${visionFiles}/${picture}`)).image;

describe('a CLIP', () => {
  test('reads pictures as transformers does, preprocessing included', async () => {
    const expected = await tensor(`${visionFiles}/cases.safetensors`, 'image_embeds');
    for (const [i, one] of pictures.entries()) {
      const found = await clip.readPicture(await imageOf(one));
      expect(found).toHaveLength(20);
      for (const [j, value] of found.entries()) expect(value).toBeCloseTo(expected[i * 20 + j]!, 4);
    }
  });

  test('reads texts as transformers does, up to the projection', async () => {
    const { cases } = JSON.parse(await readFile('fixtures/golden/text_encoders/cases.json', 'utf8'));
    const { text } = cases.find(({ file }: { file: string }) => file.includes('clip_real_vocab'));
    const pooled = await tensor(
      'fixtures/golden/text_encoders/cases/clip_real_vocab_text.safetensors',
      'pooler_output',
    );
    for (const [i, one] of text.entries()) {
      const found = await clip.readText(one);
      for (let j = 0; j < 20; j++) {
        const terms = Array.from({ length: 8 }, (_, k) => textProjection[j * 8 + k]! * pooled[i * 8 + k]!);
        expect(found[j]).toBeCloseTo(
          terms.reduce((sum, term) => sum + term, 0),
          3,
        );
      }
    }
  });

  test('must be whole', async () => {
    const path = join(folder, 'config.json');
    const before = await readFile(path, 'utf8');
    await writeFile(path, JSON.stringify({ ...JSON.parse(before).vision_config }));
    await expect(openClip(runtime, folder)).rejects.toThrow(ConfigError);
    await writeFile(path, before);
  });
});

describe('the score', () => {
  const vector = fc
    .array(fc.integer({ min: -9, max: 9 }), { minLength: 5, maxLength: 5 })
    .map((x) => Float32Array.from(x));

  test('lies between 0 and 100, whatever the lengths, and on either side the same', () => {
    fc.assert(
      fc.property(vector, vector, fc.integer({ min: 1, max: 50 }), (a, b, factor) => {
        const score = clipScore(a, b);
        expect(score).toBeGreaterThanOrEqual(0);
        expect(score).toBeLessThanOrEqual(100.0001);
        expect(
          clipScore(
            b,
            a.map((x) => factor * x),
          ),
        ).toBeCloseTo(score, 6);
      }),
    );
  });

  test('is 100 for the same direction, 0 for a right angle and beyond', () => {
    const [a, b] = [Float32Array.of(1, 1), Float32Array.of(1, -1)];
    expect([
      clipScore(a, a),
      clipScore(a, b),
      clipScore(
        a,
        a.map((x) => -x),
      ),
    ]).toEqual([expect.closeTo(100, 6), 0, 0]);
  });

  test('is averaged over the pictures of a system and of a probe', async () => {
    const images = await Promise.all(pictures.slice(0, 4).map(imageOf));
    const judged = images.map((picture, i) => ({
      system: i < 3 ? 'a' : 'b',
      en: 'a red apple',
      probe: i < 2 ? 'x' : 'y',
      picture,
    }));
    const systems = ['a', 'b', 'silent'].map((name) => ({ name, label: name, language: 'ko' as const }));
    const { rows, clip: name } = await finish(evaluateClipScore(clip, judged, systems));
    const text = await clip.readText('a red apple');
    const scores = await Promise.all(
      images.map(async (image) => clipScore(await clip.readPicture(image), text)),
    );
    expect(name).toBe(folder);
    expect(rows.map(({ system, score: { n } }) => [system, n])).toEqual([
      ['a', 3],
      ['b', 1],
    ]);
    expect(rows[0]!.score.mean).toBeCloseTo((scores[0]! + scores[1]! + scores[2]!) / 3, 5);
    expect(rows[0]!.probes.map(({ probe, score: { n } }) => [probe, n])).toEqual([
      ['x', 2],
      ['y', 1],
    ]);
  });
});
