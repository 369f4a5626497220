/**
 * Checks our tokenizers against ids, masks, lengths and token strings of the Python ones.
 *
 * A case holds one object for each tokenizer that it names, under the name of the tokenizer's folder.
 */
import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { tokenizerFileNames, tokenizerFromFiles } from '../../text/load.ts';
import { encodePadded, type Tokenizer } from '../../text/tokenizer.ts';
import type { CaseResult, GoldenPart } from '../golden.ts';

const expectedSchema = z.object({
  input_ids: z.array(z.int()),
  attention_mask: z.array(z.int()),
  untruncated_length: z.int(),
});

type Expected = z.infer<typeof expectedSchema>;

const caseSchema = z.looseObject({
  id: z.union([z.string(), z.number()]),
  category: z.string().optional(),
  text: z.string(),
});

const casesSchema = z.object({ cases: z.array(caseSchema) });

export const tokenizersPart: GoldenPart = {
  name: 'tokenizers',
  async *check(folder) {
    const { cases } = casesSchema.parse(JSON.parse(await readFile(join(folder, 'cases.json'), 'utf8')));
    const tokenizers = new Map<string, Tokenizer>();
    for (const golden of cases) yield checkCase(golden, folder, tokenizers);
  },
};

function checkCase(
  golden: z.infer<typeof caseSchema>,
  folder: string,
  tokenizers: Map<string, Tokenizer>,
): CaseResult {
  const faults: string[] = [];
  let compared = 0;
  for (const [name, value] of Object.entries(golden)) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) continue;
    const expected = expectedSchema.parse(value);
    const tokenizer = tokenizers.get(name) ?? readTokenizer(join(folder, name));
    tokenizers.set(name, tokenizer);
    const tokens = z.array(z.string()).parse(golden[`${name}_tokens`] ?? []);
    const fault = difference(tokenizer, golden.text, expected, tokens);
    if (fault !== undefined) faults.push(`${name}: ${fault}`);
    compared++;
  }
  if (compared === 0) faults.push('the case names no tokenizer');
  const name = [golden.id, golden.category].filter((part) => part !== undefined).join(' ');
  return { name, passed: faults.length === 0, detail: faults.join('; ') };
}

/** The first thing in which we differ; undefined when nothing. `tokens` may be only the first ones of the text. */
function difference(
  tokenizer: Tokenizer,
  text: string,
  expected: Expected,
  tokens: readonly string[],
): string | undefined {
  const actual = encodePadded(tokenizer, text, expected.input_ids.length);
  const pairs: [what: string, ours: ArrayLike<unknown>, theirs: ArrayLike<unknown>][] = [
    ['untruncated_length', [actual.untruncatedLength], [expected.untruncated_length]],
    ['input_ids', actual.ids, expected.input_ids],
    ['attention_mask', actual.attentionMask, expected.attention_mask],
    ['tokens', tokenizer.tokens(text).slice(0, tokens.length), tokens],
  ];
  for (const [what, ours, theirs] of pairs) {
    const length = Math.max(ours.length, theirs.length);
    for (let i = 0; i < length; i++) {
      if (ours[i] !== theirs[i]) return `${what}[${i}] is ${ours[i]}, not ${theirs[i]}`;
    }
  }
  return undefined;
}

function readTokenizer(folder: string): Tokenizer {
  const names = tokenizerFileNames.filter((name) => existsSync(join(folder, name)));
  return tokenizerFromFiles(
    Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')])),
  );
}
