/**
 * The tiny model with the tiny safety checker of the fixtures. Nothing but tests may import this.
 */
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openSafetensors } from '../../checkpoint/safetensors.ts';
import { writeSafetensors } from '../../checkpoint/safetensorsWriter.ts';
import { readFloat32 } from '../../checkpoint/tensorEntry.ts';

const fixtures = join(import.meta.dirname, '../../../fixtures');
const parts = ['safety_checker', 'feature_extractor'];

/** Written into `folder`. A cosine is never above a `threshold` of 2, and always above one of -2. */
export async function writeGuardedModel(folder: string, threshold: number): Promise<void> {
  await cp(join(fixtures, 'golden/pipeline/sd_tiny'), folder, { recursive: true });
  for (const part of parts) {
    await cp(join(fixtures, 'reference/safety', part), join(folder, part), { recursive: true });
  }
  const index = join(folder, 'model_index.json');
  const safety_checker = ['stable_diffusion', 'StableDiffusionSafetyChecker'];
  await writeFile(index, JSON.stringify({ ...JSON.parse(await readFile(index, 'utf8')), safety_checker }));
  const path = join(folder, 'safety_checker/model.safetensors');
  const { tensors } = await openSafetensors(path);
  const kept = [...tensors.values()].filter(({ dtype }) => dtype === 'F32');
  await writeSafetensors(
    path,
    await Promise.all(
      kept.map(async (entry) => {
        const data = await readFloat32(entry);
        const changed = entry.name === 'concept_embeds_weights' ? data.map(() => threshold) : data;
        return { name: entry.name, dtype: 'F32' as const, shape: entry.shape, data: changed };
      }),
    ),
  );
}
