/**
 * A picture, and where in it each word of its prompt is read. The prompt is read literally and cut at 77 tokens.
 */
import type { TextEncoder } from '../encoders/textEncoder.ts';
import { encodePrompts } from '../generation/conditions.ts';
import type { Conditions } from '../generation/guidance.ts';
import { grouped, type HeatMaps, heatMapSum, shareOf } from '../generation/heatMaps.ts';
import type { Seed } from '../generation/latents.ts';
import type { Pipeline } from '../generation/pipeline.ts';
import type { GenerationRequest } from '../generation/request.ts';
import { heatOverlay } from '../pictures/heat.ts';
import type { Image } from '../pictures/image.ts';
import { enlarge } from '../pictures/resize.ts';
import { type RowGroup, readTokens, rowGroups, type TokenReading } from '../text/tokenReading.ts';
import type { Moment } from './conditioning.ts';

export interface DrawingRequest
  extends Pick<GenerationRequest, 'steps' | 'guidance' | 'scheduler' | 'width' | 'height' | 'signal'> {
  readonly pipeline: Pipeline;
  readonly seed?: Seed;
}

export interface DrawingProgress {
  readonly done: number;
  readonly total: number;
}

/** A group of rows of the text, and where it is read. */
export interface ReadGroup extends RowGroup {
  /** The part of all reading that goes to it, 0 to 1; over all groups they sum to 1. */
  readonly share: number;
  /** [height * width] of the drawing's picture; at each place those of all groups sum to 1. */
  readonly map: Float32Array;
}

export interface Drawing {
  readonly text: string;
  readonly textEncoder: string;
  /** As the model drew it; black where its safety checker flagged it. */
  readonly picture: Image;
  readonly flagged: boolean;
  /** Pixels of the maps for a pixel of the picture, along a side: tiny pictures are shown enlarged. */
  readonly scale: number;
  /** [77]: the part of all reading that goes to each row. */
  readonly rowShares: readonly number[];
  readonly groups: readonly ReadGroup[];
}

/** The states of a text and of the empty one. */
export async function conditionsOf(encoder: TextEncoder, text: string): Promise<Conditions> {
  const options = { promptSyntax: 'plain', longPrompts: 'cut' } as const;
  return (await encodePrompts(encoder, [text], [''], options)).conditions;
}

/** Maps are at least so wide, so that their edges are smooth on a tiny picture. */
const mapSide = 256;

/** The picture of a text with the maps of its words, and what the U-Net saw on the way. Yields after each model call. */
export async function* draw(
  { pipeline, seed, steps, guidance, scheduler, width, height, signal }: DrawingRequest,
  textEncoder: TextEncoder,
  text: string,
  conditions: Conditions,
): AsyncGenerator<DrawingProgress, { drawing: Drawing; moments: Moment[] }, undefined> {
  const sum = heatMapSum();
  const moments: Moment[] = [];
  const run = pipeline.generate({
    prompt: text,
    textEncoder,
    conditions,
    ...(seed === undefined ? {} : { seed }),
    ...(steps === undefined ? {} : { steps }),
    ...(guidance === undefined ? {} : { guidance }),
    ...(scheduler === undefined ? {} : { scheduler }),
    ...(width === undefined ? {} : { width }),
    ...(height === undefined ? {} : { height }),
    ...(signal ? { signal } : {}),
  });
  for (;;) {
    const next = await run.next();
    if (next.done) {
      const { images, flagged } = await pipeline.decodeChecked(next.value.latents);
      const picture = images[0] as Image;
      const scale = Math.max(1, Math.ceil(mapSide / picture.width));
      const maps = sum.mean(picture.width * scale, picture.height * scale);
      const groups = readGroups(maps, readTokens(textEncoder.tokenizer, text));
      const shown = { picture, flagged: flagged[0] as boolean, scale };
      const drawing = { text, textEncoder: textEncoder.name, ...shown, groups };
      return { drawing: { ...drawing, rowShares: maps.maps.map(shareOf) }, moments };
    }
    const { seen, timestep, call, calls } = next.value;
    sum.add(await pipeline.attentionMaps(seen, timestep, conditions.states));
    moments.push({ latents: seen, timestep });
    yield { done: call, total: calls };
  }
}

function readGroups(maps: HeatMaps, reading: TokenReading): ReadGroup[] {
  const groups = rowGroups(reading);
  const summed = grouped(
    maps,
    groups.map(({ rows }) => rows),
  );
  return groups.map((group, i) => {
    const map = summed.maps[i] as Float32Array;
    return { ...group, map, share: shareOf(map) };
  });
}

export interface HeatPictures {
  /** The colour scale ends at so many times the mean of a map, for all maps of the drawing. */
  readonly top: number;
  /** The drawing's picture, as large as its maps. */
  readonly picture: Image;
  /** The picture under the map of each group. */
  readonly overlays: readonly Image[];
}

/** A colour scale never ends below twice the mean: an even map is to look even. */
const leastTop = 2;

/** How many times as much as on average a place reads each group, and where the colour scale of all of them ends. */
export function heatRatios({ groups }: Drawing): { top: number; ratios: readonly Float32Array[] } {
  const ratios = groups.map(({ map, share }) => map.map((value) => (share > 0 ? value / share : 0)));
  const ofWords = ratios.filter((_, i) => groups[i]?.kind === 'word');
  return { top: Math.max(leastTop, ...ofWords.map(highest)), ratios };
}

/** The maps as pictures, all on one scale. */
export function heatPictures(drawing: Drawing): HeatPictures {
  const { top, ratios } = heatRatios(drawing);
  const large = enlarge(drawing.picture, drawing.scale);
  const overlays = ratios.map((ratio) =>
    heatOverlay(
      large,
      ratio.map((value) => value / top),
    ),
  );
  return { top, picture: large, overlays };
}

/** What only 2 % of the places exceed. */
function highest(map: Float32Array): number {
  return map.slice().sort()[Math.floor(0.98 * (map.length - 1))] as number;
}
