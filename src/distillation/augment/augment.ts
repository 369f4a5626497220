/**
 * Korean texts as people may write them, made from those of the corpus while a run trains. What they mean is what they
 * meant, so that the teacher's states of the English text stay the target; validation reads the corpus as it is.
 *
 * Every change is drawn from (seed, kind, epoch, row): a resumed run makes the same ones, and how much of one kind is
 * wanted does not change what another does.
 */
import { randomStream } from '../../random/stream.ts';
import { type AugmentSources, augmentKindNames, augmentKinds } from './registry.ts';

/** Parts of the texts that are changed, of each kind. */
export type AugmentRates = Readonly<Record<(typeof augmentKindNames)[number], number>>;

/** Is nothing changed? */
export function leavesTexts(rates: AugmentRates): boolean {
  return augmentKindNames.every((name) => rates[name] === 0);
}

/** The Korean text of pair `row` as epoch `epoch` reads it. */
export type Augment = (text: string, epoch: number, row: number) => string;

export function augmenter(rates: AugmentRates, seed: number, sources: AugmentSources): Augment {
  const wanted = augmentKindNames.filter((name) => rates[name] > 0);
  return (text, epoch, row) =>
    wanted.reduce((result, name) => {
      const random = randomStream(seed, `augment ${name}`, epoch * 2 ** 32 + row);
      return random.uniform() < rates[name] ? augmentKinds[name](result, random, sources) : result;
    }, text);
}
