/**
 * The one family of errors that this project throws on purpose.
 *
 * Each carries a stable `code` (for programs), a sentence that says what is wrong, and a sentence that says
 * what to do about it. Anything that is not a KsdError is a defect of ours.
 */
export class KsdError extends Error {
  readonly code: string;
  /** The message is the problem followed by the remedy. */
  readonly problem: string;
  readonly remedy: string;

  constructor(code: string, problem: string, remedy: string, options?: ErrorOptions) {
    super(`${problem} ${remedy}`, options);
    this.name = new.target.name;
    this.code = code;
    this.problem = problem;
    this.remedy = remedy;
  }
}

/** A graph was put together wrongly: shapes or types do not fit. */
export class GraphError extends KsdError {
  constructor(problem: string, remedy = 'Check the operands of this operator.') {
    super('GRAPH', problem, remedy);
  }
}

/** A weights file, model folder or run folder is damaged, incomplete or of another kind. */
export class CheckpointError extends KsdError {
  constructor(problem: string, remedy: string, options?: ErrorOptions) {
    super('CHECKPOINT', problem, remedy, options);
  }
}

/** A corpus or a file of one is damaged, of another kind, or cannot be written. */
export class CorpusError extends KsdError {
  constructor(problem: string, remedy: string, options?: ErrorOptions) {
    super('CORPUS', problem, remedy, options);
  }
}

/** A configuration holds a value that this project does not know or cannot use. */
export class ConfigError extends KsdError {
  constructor(problem: string, remedy: string, options?: ErrorOptions) {
    super('CONFIG', problem, remedy, options);
  }
}

/** A prompt, size, seed or other request of the user cannot be served. */
export class InputError extends KsdError {
  constructor(problem: string, remedy: string, options?: ErrorOptions) {
    super('INPUT', problem, remedy, options);
  }
}

/** A device or session of the engine failed. */
export class RuntimeError extends KsdError {
  constructor(problem: string, remedy: string, options?: ErrorOptions) {
    super('RUNTIME', problem, remedy, options);
  }
}

/** Why a model could not be fetched, for programs that react or translate. */
export type HubReason =
  | 'address'
  | 'no-repo'
  | 'no-revision'
  | 'no-file'
  | 'gated'
  | 'bad-token'
  | 'refused'
  | 'connection'
  | 'busy'
  | 'protocol'
  | 'unknown-model'
  | 'unsafe-name'
  | 'corrupt'
  | 'in-the-way'
  | 'no-space'
  | 'no-write';

export interface HubErrorOptions extends ErrorOptions {
  /** What the sentences name: an id, a path, a host. */
  readonly subject?: string;
  /** What the server asked to wait before the next request, in seconds. */
  readonly retryAfter?: number;
}

/** A model could not be fetched from the Hugging Face Hub. */
export class HubError extends KsdError {
  readonly reason: HubReason;
  readonly subject: string;
  readonly retryAfter: number;

  constructor(reason: HubReason, problem: string, remedy: string, options: HubErrorOptions = {}) {
    super('HUB', problem, remedy, options);
    this.reason = reason;
    this.subject = options.subject ?? '';
    this.retryAfter = options.retryAfter ?? 0;
  }
}
