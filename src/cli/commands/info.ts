/**
 * `ksd info`: the machine, the versions, and what models are made of; the first thing to put into a report of a problem.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Command } from 'commander';
import { checkModel } from '../../catalog/models.ts';
import { isFile, packagedStudent, packagedStudents, packageFile } from '../../catalog/packaged.ts';
import { findStudent, type StudentFolder } from '../../catalog/students.ts';
import { elementCount } from '../../checkpoint/dtype.ts';
import { type JsonObject, readJsonObject } from '../../checkpoint/json.ts';
import { openStableDiffusion } from '../../checkpoint/stableDiffusion.ts';
import type { Weights } from '../../checkpoint/tensorEntry.ts';
import { openTextEncoder } from '../../checkpoint/textEncoderFolder.ts';
import { tokenizerFolderOf } from '../../encoders/textEncoder.ts';
import { openTokenizer } from '../../encoders/tokenizerFolder.ts';
import { deviceInfo, machineInfo } from '../../runtime/info.ts';
import { namedSamplers, samplerLabel, samplerNames, takesSpacing } from '../../schedulers/names.ts';
import { t } from '../messages.ts';
import { examples, modelOption } from '../options.ts';
import { factLines, type Row, tableLines } from '../table.ts';
import { compact, megabytes } from '../units.ts';

interface Options {
  readonly model: string;
  readonly student?: string;
  readonly samplers?: boolean;
}

export function addInfo(program: Command): void {
  program
    .command('info')
    .description(
      t('계산 장치, 버전, 모델 크기를 보여 줍니다', 'show devices, versions and what models are made of'),
    )
    .addOption(modelOption())
    .option('--student <folder>', t('학생 모델', 'student'))
    .option(
      '--samplers',
      t('--scheduler에 쓸 수 있는 샘플러 목록만', 'only the samplers that --scheduler takes'),
    )
    .addHelpText(
      'after',
      examples(
        [t('이 컴퓨터와 내장 모델', 'this machine and the packaged models'), 'ksd info'],
        [t('다른 모델', 'another model'), 'ksd info --model ~/models/stable-diffusion-v1-4'],
        [t('샘플러 목록', 'the samplers'), 'ksd info --samplers'],
      ),
    )
    .action(show);
}

async function show({ model, student, samplers }: Options): Promise<void> {
  if (samplers) return showSamplers();
  await checkModel(model);
  const machine = await machineInfo();
  const versions = await packageVersions();
  section(t('컴퓨터', 'machine'), [
    [t('시스템', 'system'), machine.platform],
    [t('프로세서', 'processor'), `${machine.cpu}, ${machine.threads} threads`],
    [
      t('메모리', 'memory'),
      `${megabytes(machine.memory)} (${t('남음', 'free')} ${megabytes(machine.freeMemory)})`,
    ],
  ]);
  section(
    t('장치', 'devices'),
    (await deviceInfo()).map(({ device, available, detail }) => [
      device,
      `${available ? '✓' : '✗'} ${detail}`,
    ]),
  );
  section(t('버전', 'versions'), [['node', machine.node], ['onnxruntime', machine.onnxruntime], ...versions]);
  await showModel(model);
  const students = student === undefined ? await packaged() : [await findStudent(student)];
  if (students.length > 0) await showStudents(students);
}

/** Short names, the labels of AUTOMATIC1111's web UI, and classes. */
function showSamplers(): void {
  const header = [t('이름', 'name'), t('레이블', 'label'), t('클래스', 'class')];
  const rows = samplerNames.map((name) => [
    takesSpacing(name) ? `${name} *` : name,
    samplerLabel(name),
    namedSamplers[name]?.className ?? '',
  ]);
  for (const line of tableLines(header, rows, 3)) console.log(line);
  console.log();
  console.log(
    t(
      '* 뒤에 _karras, _exponential, _beta를 붙일 수 있습니다. 이름 대신 레이블도 됩니다: --scheduler "DPM++ 2M Karras"',
      '* also with _karras, _exponential or _beta. A label serves as well: --scheduler "DPM++ 2M Karras"',
    ),
  );
}

async function packaged(): Promise<StudentFolder[]> {
  return (await packagedStudents()).map((name) => ({ name, folder: packagedStudent(name) }));
}

function section(title: string, facts: readonly (readonly [string, string])[]): void {
  console.log(`\n${title}`);
  for (const line of factLines(facts)) console.log(`  ${line}`);
}

const sizeHeader = () => [
  t('부분', 'part'),
  t('종류', 'class'),
  t('파라미터', 'parameters'),
  t('크기', 'size'),
  t('자료형', 'type'),
];

async function showModel(path: string): Promise<void> {
  const model = await openStableDiffusion(path);
  const { tokenizer } = await openTokenizer(model.tokenizer.folder);
  const parts = { text_encoder: model.textEncoder, unet: model.unet, vae: model.vae };
  const rows = Object.entries(parts).map(([name, { className, weights }]) => [
    name,
    className,
    ...sizeCells(weights),
  ]);
  console.log(`\n${t('모델', 'model')}  ${path}`);
  const others = [
    [
      'tokenizer',
      model.tokenizer.className,
      t(`어휘 ${tokenizer.vocabSize}`, `${tokenizer.vocabSize} entries`),
    ],
    ['scheduler', model.scheduler.className],
  ];
  for (const line of tableLines(sizeHeader(), [...rows, ...others], 2)) console.log(`  ${line}`);
  const { unknown } = model;
  if (unknown.length === 0) return;
  const names = `${unknown.slice(0, 3).join(', ')}${unknown.length > 3 ? ', …' : ''}`;
  console.log(
    `  ${t(`쓰이지 않는 키 ${unknown.length}개`, `${unknown.length} keys that no part uses`)}: ${names}`,
  );
}

async function showStudents(students: readonly StudentFolder[]): Promise<void> {
  const rows: Row[] = [];
  for (const { name, folder } of students) {
    const { modelType, weights } = await openTextEncoder(folder);
    const { tokenizer } = await openTokenizer(await tokenizerFolderOf(folder));
    const vocabulary = `${modelType}, ${tokenizer.kind} ${tokenizer.vocabSize}`;
    rows.push([name, vocabulary, ...sizeCells(weights)]);
  }
  console.log(`\n${t('학생 모델', 'students')}`);
  for (const line of tableLines(sizeHeader(), rows, 2)) console.log(`  ${line}`);
}

/** Parameters, bytes, and the types that they are stored as. */
function sizeCells({ tensors }: Weights): [parameters: string, size: string, types: string] {
  const entries = [...tensors.values()];
  const parameters = entries.reduce((sum, { shape }) => sum + (elementCount(shape) ?? 0), 0);
  const bytes = entries.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const types = [...new Set(entries.map(({ dtype }) => dtype))].join(', ');
  return [compact(parameters), megabytes(bytes), types];
}

/** This package and what it depends on, as installed. */
async function packageVersions(): Promise<[name: string, version: string][]> {
  const own = await readJsonObject(packageFile);
  const dependencies = Object.keys((own['dependencies'] ?? {}) as JsonObject).filter(
    (name) => !name.startsWith('onnxruntime'),
  );
  const installed = await Promise.all(
    dependencies.map(async (name) => [name, await installedVersion(name)] as [string, string]),
  );
  return [['k-stable-diffusion', String(own['version'])], ...installed];
}

/** Packages need not export their package.json, so it is looked for in the folders that Node searches. */
async function installedVersion(name: string): Promise<string> {
  const folders = createRequire(import.meta.url).resolve.paths(name) ?? [];
  for (const folder of folders) {
    const path = join(folder, name, 'package.json');
    if (await isFile(path)) return String((await readJsonObject(path))['version']);
  }
  return t('없음', 'not installed');
}
