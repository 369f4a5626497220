/**
 * A job that draws pictures of a prompt.
 */
import { handing } from '../../channel.ts';
import type { TextEncoder } from '../../encoders/textEncoder.ts';
import { seedsOf } from '../../generation/latents.ts';
import type { Drawn, GenerationStep } from '../../generation/pipeline.ts';
import type { GenerationRequest } from '../../generation/request.ts';
import type { Image } from '../../pictures/image.ts';
import { decodePng } from '../../pictures/png.ts';
import type { GenerateRequest } from '../contract/drawing.ts';
import { pngBytes } from '../png.ts';
import { drawnPicture, previewsOf } from './pictures.ts';
import type { OpenModel } from './studio.ts';
import type { Complete, DrawingEvent } from './task.ts';

/** Pictures in one run of the model: more take more memory and are not much faster. */
const atOnce = 4;

/**
 * Milliseconds between two reports that only count: each costs the server's process a millisecond of a core, which a small model's
 * step, a few milliseconds on all cores, waits for.
 */
const betweenReports = 100;

export async function* generatePictures(
  model: OpenModel,
  textEncoder: TextEncoder | undefined,
  request: Complete<GenerateRequest>,
  signal: AbortSignal,
): AsyncGenerator<DrawingEvent, void, undefined> {
  const seeds = seedsOf(request.seed, request.count);
  const base = generationRequest(request, textEncoder, signal);
  const parts = Math.ceil(seeds.length / atOnce);
  const shown: Uint8Array[] = [];
  const all: Drawn[] = [];
  let told = Number.NEGATIVE_INFINITY;
  for (let part = 0; part < parts; part++) {
    const some = seeds.slice(part * atOnce, (part + 1) * atOnce);
    const drawn = yield* handing<DrawingEvent, Drawn>((hand) =>
      model.pipeline.draw({ ...base, batch: some.length, seed: some }, async (step) => {
        const event = await stepEvent(model, step, { part, parts, shown, every: request.previewEvery });
        const now = performance.now();
        const matters = event.previews !== undefined || step.call === step.calls;
        if (matters || now - told >= betweenReports) {
          told = now;
          await hand(event);
        }
        // A picture that nobody waits for is not decoded.
        signal.throwIfAborted();
      }),
    );
    all.push(drawn);
  }
  yield generated(all, textEncoder);
}

function generationRequest(
  request: Complete<GenerateRequest>,
  textEncoder: TextEncoder | undefined,
  signal: AbortSignal,
): GenerationRequest {
  const { prompt, negativePrompt, steps, guidance, scheduler, width, height } = request;
  const { eta, clipSkip, initImage, mask, strength } = request;
  return {
    ...{ prompt, negativePrompt, steps, guidance, scheduler, width, height, signal },
    ...(textEncoder ? { textEncoder } : {}),
    ...(eta === undefined ? {} : { eta }),
    ...(clipSkip === undefined ? {} : { clipSkip }),
    ...(initImage === undefined ? {} : { initImage: pictureOf(initImage) }),
    ...(mask === undefined ? {} : { mask: pictureOf(mask) }),
    ...(strength === undefined ? {} : { strength }),
  };
}

function pictureOf(base64: string): Image {
  return decodePng(pngBytes(base64)).image;
}

interface Turn {
  readonly part: number;
  readonly parts: number;
  /** The latest preview of each picture. */
  readonly shown: Uint8Array[];
  /** Steps between two previews; 0 for none. */
  readonly every: number;
}

async function stepEvent(
  model: OpenModel,
  step: GenerationStep,
  { part, parts, shown, every }: Turn,
): Promise<Extract<DrawingEvent, { kind: 'step' }>> {
  const { call, calls } = step;
  const progress = {
    stage: call === calls ? ('decoding' as const) : ('drawing' as const),
    done: part * calls + call,
    total: parts * calls,
  };
  // After the last step the picture itself is about to come.
  if (every === 0 || call % every !== 0 || call === calls) return { kind: 'step', progress };
  for (const [i, file] of (await previewsOf(model, step)).entries()) shown[part * atOnce + i] = file;
  return { kind: 'step', progress, previews: [...shown] };
}

function generated(all: readonly Drawn[], textEncoder: TextEncoder | undefined): DrawingEvent {
  const student = textEncoder?.name ?? 'none';
  const pictures = all.flatMap(({ images, generation, flagged }) =>
    images.map((image, i) => drawnPicture(image, generation, i, { student, flagged: flagged[i] ?? false })),
  );
  const warnings = [...new Set(all.flatMap(({ generation }) => generation.warnings))];
  return { kind: 'generated', pictures, warnings };
}
