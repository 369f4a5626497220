/**
 * Which LoRAs a pipeline draws with, for people: what its pictures' files say, and what a user has to know. Pure.
 */

export interface AppliedLora {
  readonly name: string;
  /** Of the U-Net's weights. */
  readonly multiplier: number;
  readonly textMultiplier: number;
  /** Whether it changes the model's own text encoder too. */
  readonly changesText: boolean;
  /** Keys of its file that name no layer of the model. */
  readonly unknown: readonly string[];
}

/** Sentences on what is left out; `ownEncoder`: the prompt goes through the model's own text encoder. */
export function loraWarnings(loras: readonly AppliedLora[], ownEncoder: boolean): string[] {
  const unread = loras.filter(({ changesText }) => changesText && !ownEncoder).map(({ name }) => name);
  return [
    ...(unread.length > 0
      ? [
          `The part of ${unread.join(', ')} that changes the model's own text encoder is left out, since another text ` +
            'encoder reads the prompt; the part for the U-Net is used.',
        ]
      : []),
    ...loras.flatMap(({ name, unknown: [first, ...more] }) =>
      first === undefined
        ? []
        : [
            `The LoRA ${name} has tensors that belong to no layer of this model and are left out: ${first}` +
              `${more.length > 0 ? ` and ${more.length} more` : ''}.`,
          ],
    ),
  ];
}
