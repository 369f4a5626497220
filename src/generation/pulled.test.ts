import { expect, test } from 'vitest';
import { hubServer } from '../hub/testing/hubServer.ts';
import { emojiRepo, pulled, temporaryFolder } from '../hub/testing/world.ts';
import { openRuntime } from '../runtime/node.ts';
import { openPipeline } from './open.ts';

test('a Stable Diffusion opens and draws as it was pulled', async () => {
  const server = await hubServer({ 'CompVis/stable-diffusion-v1-4': await emojiRepo() });
  const folder = await temporaryFolder();
  await pulled(server, { name: 'CompVis/stable-diffusion-v1-4', folder });
  const pipeline = await openPipeline(await openRuntime('cpu'), folder);
  const { images } = await pipeline.draw({ prompt: 'a red apple', steps: 1 });
  expect(images).toHaveLength(1);
  await pipeline.dispose();
});
