/**
 * The list behind the emoji pictures: pictures/index.json of models/emoji-sd, checked. Knows no pixels.
 */
import { z } from 'zod';
import { readJson } from '../checkpoint/json.ts';
import { CheckpointError } from '../errors.ts';

const styles = ['noto', 'twemoji'] as const;

/** Whose drawings. */
export type EmojiStyle = (typeof styles)[number];

const byte = z.int().min(0).max(255);
const pixels = z.int().positive();

const emoji = z.object({
  row: z.int().nonnegative(),
  column: z.int().nonnegative(),
  /** Code points of the emoji, as the captions and sheets name it. */
  hexcode: z.string().min(1),
  emoji: z.string(),
  /** CLDR short names, lower case. */
  en: z.string().min(1),
  ko: z.string().min(1),
  /** `focus`: everyday objects that got nearly all of the model's training. */
  tier: z.enum(['focus', 'core', 'rest']),
  /** The one colour that this emoji never stands on in the training captions. */
  held_out_background: z.string(),
});

const schema = z.object({
  /** Side of a cell in a sheet, and of a scene. */
  cell: pixels,
  sheets: z.record(z.enum(styles), z.string()),
  backgrounds: z.record(z.string(), z.tuple([byte, byte, byte])),
  /** Side of the drawing in a scene. */
  scene_sizes: z.object({ large: pixels, small: pixels, pair: pixels }),
  emoji: z.array(emoji).min(1),
});

export type EmojiIndex = z.infer<typeof schema>;
export type Emoji = EmojiIndex['emoji'][number];

/** Throws CheckpointError naming file and field if the list is missing or holds something else. */
export async function readEmojiIndex(path: string): Promise<EmojiIndex> {
  const result = schema.safeParse(await readJson(path));
  if (!result.success) throw invalid(path, result.error);
  const { backgrounds, emoji: list } = result.data;
  const stray = list.find(({ held_out_background }) => !(held_out_background in backgrounds));
  if (stray === undefined) return result.data;
  throw new CheckpointError(
    `${path}: held_out_background of ${stray.hexcode} is "${stray.held_out_background}", which is no background.`,
    'Restore models/emoji-sd from the repository.',
  );
}

/** The first thing that does not fit a schema, as an error of ours. `place`: the file, and the row if it has rows. */
export function invalid(place: string, { issues }: z.ZodError): CheckpointError {
  const [issue] = issues;
  return new CheckpointError(
    `${place}: ${issue?.path.join('.') || 'the value'}: ${issue?.message ?? 'does not fit'}.`,
    'Restore models/emoji-sd from the repository.',
  );
}
