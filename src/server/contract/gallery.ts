/**
 * Pictures that were drawn, kept with how they were made.
 *
 *   GET    /api/pictures?query=&before=<id>&limit=60   newest first; all words of the query stand in the prompts
 *                                    -> { pictures: Picture[], total: number }
 *   GET    /api/pictures/{id}        -> Picture
 *   GET    /api/pictures/{id}.png    the file, which carries its parameters
 *   DELETE /api/pictures/{id}        -> 204
 *   POST   /api/pictures/read        a PNG (image/png) -> PictureParameters: what a dropped file says of itself
 */
import { z } from 'zod';

export const pictureParameters = z.object({
  prompt: z.string(),
  negativePrompt: z.string().optional(),
  model: z.string().optional(),
  /** The text encoder: a student's name, or `none` for the model's own. */
  student: z.string().optional(),
  /** A string, because seeds reach 2^64. */
  seed: z.string().optional(),
  steps: z.int().optional(),
  guidance: z.number().optional(),
  scheduler: z.string().optional(),
  width: z.int().optional(),
  height: z.int().optional(),
  clipSkip: z.int().optional(),
  strength: z.number().optional(),
  eta: z.number().optional(),
  /** As the file has them, AUTOMATIC1111's text. */
  text: z.string().optional(),
});

export const picture = z.object({
  id: z.string(),
  /** Where the file is, from the server's root. */
  url: z.string(),
  job: z.string(),
  createdAt: z.iso.datetime(),
  /** The safety checker blacked it out. */
  flagged: z.boolean(),
  parameters: pictureParameters,
});

export type PictureParameters = z.infer<typeof pictureParameters>;
export type Picture = z.infer<typeof picture>;
