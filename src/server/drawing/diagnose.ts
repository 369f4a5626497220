/**
 * A job that looks into why a prompt draws what it draws.
 */
import { isPackagedModel, packagedPairs } from '../../catalog/packaged.ts';
import { type Pair, readPairs } from '../../corpus/pairs.ts';
import type { TextEncoder } from '../../encoders/textEncoder.ts';
import { type Diagnosis, diagnose, type Recovery, thirds } from '../../evaluation/diagnosis.ts';
import { diagnosisPage } from '../../evaluation/diagnosisPage.ts';
import { distinctPairs, evenly } from '../../evaluation/nearest.ts';
import { type Drawing, heatRatios } from '../../evaluation/readDrawing.ts';
import { encodePng } from '../../pictures/png.ts';
import type { DiagnoseRequest } from '../contract/drawing.ts';
import type { OpenModel } from './studio.ts';
import type { Complete, Diagnosed, DrawingEvent, DrawnPicture, Place } from './task.ts';

/** Pairs that near sentences are looked for among: fewer than a command reads, somebody is waiting. */
const pairCount = 200;

/** Maps are sent no larger than this: what they show is coarser than a picture. */
const longestMapSide = 64;

export async function* diagnosePrompt(
  { pipeline }: OpenModel,
  place: Place,
  student: TextEncoder | undefined,
  request: Complete<DiagnoseRequest>,
  signal: AbortSignal,
): AsyncGenerator<DrawingEvent, void, undefined> {
  const { prompt, reference, seed, steps, guidance, scheduler, width, height } = request;
  const textEncoder = student ?? (await pipeline.textEncoder());
  const pairs = await pairsFor(place);
  const run = diagnose({
    ...{ pipeline, textEncoder, prompt, seed, steps, guidance, scheduler, width, height, signal },
    ...(reference === undefined ? {} : { reference }),
    ...(pairs ? { pairs } : {}),
  });
  for (;;) {
    const next = await run.next();
    if (next.done) {
      yield diagnosed(next.value, request, student?.name ?? 'none');
      return;
    }
    yield { kind: 'step', progress: next.value };
    // A picture that nobody waits for is not decoded.
    signal.throwIfAborted();
  }
}

async function pairsFor({ folder }: Place): Promise<Pair[] | undefined> {
  return isPackagedModel(folder)
    ? evenly(distinctPairs(await readPairs(packagedPairs)), pairCount)
    : undefined;
}

function diagnosed(diagnosis: Diagnosis, request: Complete<DiagnoseRequest>, student: string): DrawingEvent {
  const { drawing, recovery } = diagnosis;
  const { width, height, heats } = smallMaps(drawing);
  const words = drawing.groups.flatMap(({ kind, text, share }, i) =>
    kind === 'word' ? [{ text, share, heat: Buffer.from(heats[i] as Uint8Array).toString('base64') }] : [],
  );
  return {
    kind: 'diagnosed',
    picture: diagnosedPicture(diagnosis, request, student),
    found: {
      ...{ kind: 'diagnose', words, width, height },
      ...(recovery ? { recovered: recovered(recovery.prompt) } : {}),
    },
    report: diagnosisPage(diagnosis),
  };
}

function recovered(recovery: Recovery): NonNullable<Diagnosed['recovered']> {
  const [early, middle, late] = thirds(recovery);
  return { all: recovery.whole, early, middle, late };
}

function diagnosedPicture(
  { drawing, model, prompt }: Diagnosis,
  { seed, steps, guidance, scheduler }: Complete<DiagnoseRequest>,
  student: string,
): DrawnPicture {
  const { width, height } = drawing.picture;
  return {
    png: encodePng(drawing.picture),
    flagged: drawing.flagged,
    parameters: { prompt, model, student, seed: String(seed), steps, guidance, scheduler, width, height },
  };
}

/** The maps of all groups, each pixel the mean of those that it stands for. */
function smallMaps(drawing: Drawing): { width: number; height: number; heats: Uint8Array[] } {
  const { picture, scale } = drawing;
  const [from, rows] = [picture.width * scale, picture.height * scale];
  const block = Math.ceil(Math.max(from, rows) / longestMapSide);
  const [width, height] = [Math.floor(from / block), Math.floor(rows / block)];
  const { top, ratios } = heatRatios(drawing);
  const heats = ratios.map((ratio) => {
    const heat = new Uint8Array(width * height);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        let sum = 0;
        for (let i = 0; i < block * block; i++) {
          sum += ratio[(y * block + Math.floor(i / block)) * from + x * block + (i % block)] as number;
        }
        heat[y * width + x] = Math.round(255 * Math.min(1, sum / (block * block * top)));
      }
    }
    return heat;
  });
  return { width, height, heats };
}
