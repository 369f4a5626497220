/**
 * The library: what a program that embeds K-Stable-Diffusion needs. The command line is built on the same functions.
 *
 *   const runtime = await openRuntime('auto');
 *   const pipeline = await openPipeline(runtime, 'models/emoji-sd/model');
 *   const textEncoder = await openTextEncoder(runtime, 'models/students/roberta');
 *   const { images } = await pipeline.draw({ prompt: '파란색 배경의 빨간 사과', textEncoder, guidance: 5 });
 *   await writeFile('apple.png', encodePng(images[0]));
 */

export { openTextualInversion, type TextualInversion } from './checkpoint/textualInversionFile.ts';
export { type BuildEvent, type BuildOptions, buildCorpus } from './corpus/build/build.ts';
export type { CorpusReport } from './corpus/report/corpusReport.ts';
export type { Rules } from './corpus/rules.ts';
export {
  type CorpusStore,
  openStore,
  type PairBatch,
  type RejectedRow,
  type Search,
  type StoredPair,
} from './corpus/store.ts';
export { openTokens, type TokenCache, type TokenOptions } from './corpus/tokens/cache.ts';
export { type Experiment, readExperiment } from './distillation/experiment.ts';
export type { Collective } from './distillation/parallel/collective.ts';
export { launchOf } from './distillation/parallel/launch.ts';
export { openCollective } from './distillation/parallel/open.ts';
export { type TrainEvent, type TrainOptions, train } from './distillation/train.ts';
export { type TrainProcessOptions, trainInProcess } from './distillation/trainProcess.ts';
export { openTextEncoder, type TextEncoder } from './encoders/textEncoder.ts';
export {
  CheckpointError,
  ConfigError,
  CorpusError,
  GraphError,
  HubError,
  InputError,
  KsdError,
  RuntimeError,
} from './errors.ts';
export {
  type Diagnosis,
  type DiagnosisRequest,
  diagnose,
  diagnosisJson,
} from './evaluation/diagnosis.ts';
export { diagnosisPage } from './evaluation/diagnosisPage.ts';
export { compare, comparisonGrid, saveGrid } from './generation/compare.ts';
export { grouped, type HeatMaps, heatMapSum } from './generation/heatMaps.ts';
export { openPipeline } from './generation/open.ts';
export { savePictures } from './generation/picture.ts';
export type { GenerationStep, Pipeline } from './generation/pipeline.ts';
export { requestOf } from './generation/recipe.ts';
export type { GenerationRequest } from './generation/request.ts';
export { type HubAccess, hubAccess } from './hub/access.ts';
export { type PullPlan, type PullRequest, planPull } from './hub/plan.ts';
export { type PullEvent, pull } from './hub/pull.ts';
export type { LoraFile } from './lora/open.ts';
export type { Image } from './pictures/image.ts';
export { parseParameters } from './pictures/parameters.ts';
export { decodePng, encodePng } from './pictures/png.ts';
export type { KeepingRuntime } from './runtime/keeping.ts';
export { openRuntime } from './runtime/node.ts';
export type { Device, RequestedDevice, Runtime } from './runtime/session.ts';
