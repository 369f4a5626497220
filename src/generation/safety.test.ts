import { readFileSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSafetensors } from '../checkpoint/safetensors.ts';
import { writeSafetensors } from '../checkpoint/safetensorsWriter.ts';
import { readFloat32 } from '../checkpoint/tensorEntry.ts';
import { CheckpointError, ConfigError } from '../errors.ts';
import { decodePng } from '../pictures/png.ts';
import { openRuntime } from '../runtime/node.ts';
import { isFlagged, openSafetyChecker } from './safety.ts';

interface Case {
  readonly picture: string;
  readonly shows: string;
  readonly flagged: boolean;
}

const files = 'fixtures/reference/safety';
const cases: Case[] = JSON.parse(readFileSync(`${files}/cases.json`, 'utf8'));
const images = cases.map(({ picture }) => decodePng(readFileSync(`${files}/${picture}`)).image);
const runtime = await openRuntime('cpu', { threads: 1 });

describe('openSafetyChecker', () => {
  it('flags the pictures that the reference flags, in their order', async () => {
    const checker = await openSafetyChecker(runtime, files);
    const verdicts = await checker.check(images);
    expect(verdicts.map((flagged, i) => ({ ...cases[i], flagged }))).toEqual(cases);
    expect(await checker.check([...images].reverse())).toEqual([...verdicts].reverse());
    expect(await checker.check([])).toEqual([]);
    await checker.dispose();
  });

  describe('on a folder that does not fit', () => {
    let scratch: string;
    beforeEach(async () => {
      scratch = await mkdtemp(join(tmpdir(), 'ksd-safety-'));
      await cp(files, scratch, { recursive: true });
    });
    afterEach(() => rm(scratch, { recursive: true }));

    /** Writes the weights again without one tensor, or with its shape changed. */
    async function change(name: string, shape?: readonly number[]): Promise<void> {
      const path = join(scratch, 'safety_checker/model.safetensors');
      const { tensors } = await openSafetensors(path);
      const kept = [...tensors.values()].filter((entry) => entry.dtype === 'F32');
      const written = await Promise.all(
        kept.map(async (entry) => ({ ...entry, dtype: 'F32' as const, data: await readFloat32(entry) })),
      );
      await writeSafetensors(
        path,
        written
          .filter((tensor) => tensor.name !== name || shape)
          .map((tensor) => (tensor.name === name && shape ? { ...tensor, shape } : tensor)),
      );
    }

    it.each([
      ['concept_embeds', undefined, /holds no tensor concept_embeds/],
      ['special_care_embeds_weights', undefined, /holds no tensor special_care_embeds_weights/],
      ['concept_embeds', [20, 17], /concept_embeds has shape \[20, 17\].*\[17, 20\]/],
      [
        'vision_model.vision_model.pre_layrnorm.bias',
        undefined,
        /holds no tensor vision_model\.pre_layrnorm\.bias/,
      ],
      ['visual_projection.weight', [24, 20], /visual_projection\.weight has shape \[24, 20\]/],
    ])('%s, %j: names the tensor', async (name, shape, message) => {
      await change(name, shape);
      const opening = openSafetyChecker(runtime, scratch);
      await expect(opening).rejects.toThrow(CheckpointError);
      await expect(opening).rejects.toThrow(message);
    });

    it('names the preprocessing that makes pictures of another size', async () => {
      const path = join(scratch, 'feature_extractor/preprocessor_config.json');
      const json = JSON.parse(await readFile(path, 'utf8'));
      await writeFile(path, JSON.stringify({ ...json, crop_size: 20 }));
      const opening = openSafetyChecker(runtime, scratch);
      await expect(opening).rejects.toThrow(ConfigError);
      await expect(opening).rejects.toThrow(/20x20.*28x28/);
    });
  });
});

describe('isFlagged', () => {
  /** A picture at (1, 0), and directions at the given cosines from it. */
  const picture = Float32Array.of(3, 0);
  const at = (cosine: number) => Float32Array.of(cosine, Math.sqrt(1 - cosine * cosine));
  const judge = (cosine: number, threshold: number, special: number, specialThreshold = 0.5) =>
    isFlagged(picture, {
      concepts: { embeds: [at(-0.5), at(cosine)], thresholds: [0.9, threshold] },
      specialCare: { embeds: [at(special)], thresholds: [specialThreshold] },
    });

  it.each([
    ['below the threshold', 0.3, 0.31, 0, false],
    ['above it', 0.31, 0.3, 0, true],
    ['above it by what rounds to 0.000', 0.3004, 0.3, 0, false],
    ['above it by what rounds to 0.001', 0.3006, 0.3, 0, true],
    ['a little below it, near a special-care concept', 0.3, 0.309, 0.6, true],
    ['a little below it, not near enough to one', 0.3, 0.309, 0.5004, false],
    ['more than the adjustment below it', 0.3, 0.31, 0.9, false],
    ['near a special-care concept only', -0.2, 0.3, 0.9, false],
  ])('%s', (_, cosine, threshold, special, flagged) => {
    expect(judge(cosine, threshold, special)).toBe(flagged);
  });

  it('does not flag a picture without a direction', () => {
    const nothing = { embeds: [at(0.5)], thresholds: [0.1] };
    expect(isFlagged(Float32Array.of(0, 0), { concepts: nothing, specialCare: nothing })).toBe(false);
  });
});
