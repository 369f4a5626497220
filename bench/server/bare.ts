/**
 * The bare pipeline in a process of its own, as the server's is: draws whenever it is told to, and says how long that took.
 */
import { packagedModel, packagedStudent } from '../../src/catalog/packaged.ts';
import { openTextEncoder, type TextEncoder } from '../../src/encoders/textEncoder.ts';
import { openPipeline } from '../../src/generation/open.ts';
import { serveGenerator } from '../../src/process/serveGenerator.ts';
import { openRuntime } from '../../src/runtime/node.ts';

export interface BareTask {
  readonly prompt: string;
  readonly student: string;
  readonly settings: { readonly steps: number; readonly guidance: number; readonly seed: number };
}

const runtime = await openRuntime('cpu');
const pipeline = await openPipeline(runtime, packagedModel.folder);
let textEncoder: TextEncoder | undefined;

serveGenerator<BareTask, number>(async function* ({ prompt, student, settings }) {
  textEncoder ??= await openTextEncoder(runtime, packagedStudent(student));
  const began = performance.now();
  await pipeline.draw({ prompt, textEncoder, ...settings });
  yield performance.now() - began;
});
