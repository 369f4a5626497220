/**
 * `npm run golden -- <folder> [--device webgpu]`: checks everything in a folder of golden data and says what agrees.
 *
 * Exits with 0 only if every case of every part passes, and every part has a checker.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { isThere } from '../checkpoint/file.ts';
import { type Device, devices } from '../runtime/session.ts';
import type { CaseResult, GoldenPart } from './golden.ts';
import { operatorsPart } from './parts/operators.ts';
import { pipelinePart } from './parts/pipeline.ts';
import { randomPart } from './parts/random.ts';
import { schedulersPart } from './parts/schedulers.ts';
import { textEncodersPart } from './parts/textEncoders.ts';
import { tokenizersPart } from './parts/tokenizers.ts';
import { trainingPart } from './parts/training.ts';
import { unetPart } from './parts/unet.ts';
import { vaePart } from './parts/vae.ts';

const parts: readonly GoldenPart[] = [
  randomPart,
  tokenizersPart,
  schedulersPart,
  operatorsPart,
  textEncodersPart,
  unetPart,
  vaePart,
  pipelinePart,
  trainingPart,
];

/** Sub-folders that hold cases. */
async function foldersWithCases(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const found: string[] = [];
  for (const entry of entries) {
    if (!entry.isDirectory()) continue;
    if (await isThere(join(folder, entry.name, 'cases.json'))) found.push(entry.name);
  }
  return found;
}

/** Checks one part and prints its failures; returns its results. */
async function checkPart(part: GoldenPart, folder: string, device: Device): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  const began = performance.now();
  try {
    for await (const result of part.check(join(folder, part.name), device)) results.push(result);
  } catch (error) {
    results.push({ name: 'the rest of the part', passed: false, detail: String(error) });
  }
  const failed = results.filter((result) => !result.passed);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(
    `${part.name.padEnd(14)} ${results.length - failed.length} of ${results.length} agree (${seconds} s)`,
  );
  for (const { name, detail } of failed) console.log(`  differs: ${name}: ${detail}`);
  return results;
}

function readArguments(): { folder: string; device: Device } | undefined {
  const { values, positionals } = parseArgs({
    options: { device: { type: 'string', default: 'cpu' } },
    allowPositionals: true,
  });
  const [folder] = positionals;
  const device = devices.find((known) => known === values.device);
  return folder === undefined || device === undefined ? undefined : { folder, device };
}

async function main(): Promise<number> {
  const given = readArguments();
  if (given === undefined) {
    console.error(
      `Usage: npm run golden -- <folder of golden data> [--device ${devices.join('|')}], for example fixtures/golden`,
    );
    return 2;
  }
  const { folder, device } = given;
  const present = await foldersWithCases(folder).catch((): string[] => []);
  if (present.length === 0) {
    console.error(`${folder} holds no golden data. Give a folder whose sub-folders hold cases.json.`);
    return 2;
  }
  const results: CaseResult[] = [];
  for (const part of parts)
    if (present.includes(part.name)) results.push(...(await checkPart(part, folder, device)));
  const unknown = present.filter((name) => !parts.some((part) => part.name === name));
  for (const name of unknown) console.log(`${name.padEnd(14)} has no checker`);
  const failed = results.filter((result) => !result.passed).length + unknown.length;
  console.log(`${results.length - failed + unknown.length} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

process.exitCode = await main();
