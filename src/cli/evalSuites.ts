/**
 * What `ksd eval --on` may name: a suite of this package, or the file of one.
 */

import { packagedSuite, packagedSuites } from '../catalog/packaged.ts';
import { ConfigError, InputError } from '../errors.ts';
import { drawableItems, isDrawable } from '../evaluation/drawable.ts';
import { readCaptionFiles } from '../evaluation/emojiCaptions.ts';
import { emojiSuite, type SuiteItem } from '../evaluation/emojiSuite.ts';
import type { EmojiWorld } from '../evaluation/emojiWorld.ts';
import type { ConditioningPrompt } from '../evaluation/evaluateConditioning.ts';
import { evenly } from '../evaluation/nearest.ts';
import { type CaptionSuite, type PromptSuite, readSuite, type Suite } from '../evaluation/suite.ts';
import type { Words } from '../pictures/page.ts';
import { t } from './messages.ts';

export interface ChosenSuite {
  readonly name: string;
  readonly title: Words;
  readonly probes: Readonly<Record<string, Words>>;
  readonly prompts: readonly ConditioningPrompt[];
  /** The prompts whose pictures can be recognised. */
  readonly items: readonly SuiteItem[];
}

export interface SuiteChoice {
  /** Sets of suites that are drawn from captions; all by default. */
  readonly sets?: readonly string[];
  /** Objects a set, or prompts of a suite that has them written; by default what the suite says, and all. */
  readonly count?: number;
}

/** Throws ConfigError for a name that is none, InputError for sets that no suite has, and what reading a suite throws. */
export async function chooseSuites(
  names: readonly string[],
  world: EmojiWorld,
  choice: SuiteChoice,
): Promise<ChosenSuite[]> {
  const suites: Suite[] = [];
  for (const name of names) {
    const suite = await readSuite(await pathOf(name));
    if (!suites.some((other) => other.name === suite.name)) suites.push(suite);
  }
  if (choice.sets) checkSets(choice.sets, names, suites);
  const chosen: ChosenSuite[] = [];
  for (const suite of suites) {
    // Of a suite that has none of the chosen sets, nothing is asked.
    if (choice.sets && 'sets' in suite && !choice.sets.some((set) => set in suite.sets)) continue;
    const prompts =
      'prompts' in suite ? writtenPrompts(suite, world, choice) : await drawnPrompts(suite, world, choice);
    chosen.push({ name: suite.name, title: suite.title, probes: suite.probes ?? {}, ...prompts });
  }
  return chosen;
}

function checkSets(sets: readonly string[], names: readonly string[], suites: readonly Suite[]): void {
  const known = suites.flatMap((suite) => ('sets' in suite ? Object.keys(suite.sets) : []));
  if (known.length === 0) {
    throw new InputError(
      t(
        `--sets는 emoji 같은 모음의 문제를 고르는데, --on ${names.join(',')}에는 고를 것이 없습니다.`,
        `--sets chooses among the sets of suites such as emoji, but --on ${names.join(',')} has none.`,
      ),
      t('--sets를 빼거나 --on에 emoji를 더하세요.', 'Leave --sets out, or add emoji to --on.'),
    );
  }
  const stray = sets.find((set) => !known.includes(set));
  if (stray === undefined) return;
  throw new InputError(
    t(`${stray}라는 문제 종류는 없습니다.`, `There is no set ${stray}.`),
    t(`다음 중에서 고르세요: ${known.join(', ')}.`, `Choose among ${known.join(', ')}.`),
  );
}

type Prompts = Pick<ChosenSuite, 'prompts' | 'items'>;

async function drawnPrompts(
  { captions, objects, sets: of }: CaptionSuite,
  world: EmojiWorld,
  { sets: wanted, count }: SuiteChoice,
): Promise<Prompts> {
  const sets = wanted?.filter((set) => set in of);
  const options = { objects: count ?? objects, ...(sets ? { sets } : {}) };
  const items = emojiSuite(world, await readCaptionFiles(captions), of, options);
  return { prompts: items.map(({ ko, en, set }) => ({ ko, en, probe: set })), items };
}

function writtenPrompts(suite: PromptSuite, world: EmojiWorld, { count }: SuiteChoice): Prompts {
  const some = { ...suite, prompts: evenly(suite.prompts, count ?? suite.prompts.length) };
  return {
    prompts: some.prompts.map(({ ko, en, probe }) => ({ ko, en, probe })),
    items: isDrawable(some) ? drawableItems(world, some) : [],
  };
}

async function pathOf(name: string): Promise<string> {
  if (/\.ya?ml$/i.test(name)) return name;
  const packaged = await packagedSuites();
  if (packaged.includes(name)) return packagedSuite(name);
  throw new ConfigError(
    t(`${name}이라는 프롬프트 모음은 없습니다.`, `There is no suite of prompts called ${name}.`),
    t(
      `${packaged.join(', ')} 가운데 고르거나, .yaml 파일을 주세요.`,
      `Use one of ${packaged.join(', ')}, or give a .yaml file.`,
    ),
  );
}
