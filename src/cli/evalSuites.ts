/**
 * What `ksd eval --on` may name: the emoji evaluation, a suite of this package, or the file of one.
 */

import { emojiWorldFolder, packagedSuite, packagedSuites } from '../catalog/packaged.ts';
import { ConfigError } from '../errors.ts';
import { drawableItems, isDrawable } from '../evaluation/drawable.ts';
import { readCaptions } from '../evaluation/emojiCaptions.ts';
import { emojiSuite, type SuiteItem, type SuiteSet, setTitles } from '../evaluation/emojiSuite.ts';
import type { EmojiWorld } from '../evaluation/emojiWorld.ts';
import type { ConditioningPrompt } from '../evaluation/evaluateConditioning.ts';
import { readSuite } from '../evaluation/suite.ts';
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
  /** Sets of the emoji evaluation; all by default. */
  readonly sets?: readonly SuiteSet[];
  /** Objects a set of the emoji evaluation, or prompts of another suite; all by default. */
  readonly count?: number;
}

/** The word for the emoji evaluation, whose prompts are not in a file. */
const emoji = 'emoji';
const usualObjects = 12;

/** Throws ConfigError for a name that is none, and what reading a suite throws. */
export async function chooseSuites(
  names: readonly string[],
  world: EmojiWorld,
  choice: SuiteChoice,
): Promise<ChosenSuite[]> {
  const suites: ChosenSuite[] = [];
  for (const name of names) {
    const suite = name === emoji ? await emojiPrompts(world, choice) : await fileOf(name, world, choice);
    const twice = suites.some((other) => other.name === suite.name);
    if (!twice) suites.push(suite);
  }
  return suites;
}

async function emojiPrompts(world: EmojiWorld, { sets, count }: SuiteChoice): Promise<ChosenSuite> {
  const items = emojiSuite(world, await readCaptions(emojiWorldFolder), {
    objects: count ?? usualObjects,
    ...(sets ? { sets } : {}),
  });
  return {
    name: emoji,
    title: { ko: '이모지', en: 'emoji' },
    probes: setTitles,
    prompts: items.map(({ ko, en, set }) => ({ ko, en, probe: set })),
    items,
  };
}

async function fileOf(name: string, world: EmojiWorld, { count }: SuiteChoice): Promise<ChosenSuite> {
  const suite = await readSuite(await pathOf(name));
  const some = { ...suite, prompts: spread(suite.prompts, count ?? suite.prompts.length) };
  return {
    name: suite.name,
    title: suite.title,
    probes: suite.probes ?? {},
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
      `${[emoji, ...packaged].join(', ')} 가운데 고르거나, .yaml 파일을 주세요.`,
      `Use one of ${[emoji, ...packaged].join(', ')}, or give a .yaml file.`,
    ),
  );
}

/** `count` of them from all over the list. */
function spread<Value>(values: readonly Value[], count: number): Value[] {
  const shown = Math.min(count, values.length);
  return Array.from({ length: shown }, (_, i) => values[Math.floor((i * values.length) / shown)] as Value);
}
