/**
 * What the server asks of the process that draws, and what it hears from it. Plain data: it travels between processes.
 */

import type { RequestedDevice } from '../../runtime/session.ts';
import type { CompareRequest, DiagnoseRequest, GenerateRequest } from '../contract/drawing.ts';
import type { PictureParameters } from '../contract/gallery.ts';
import type { JobProgress, JobResult } from '../contract/job.ts';

/** Something offered by name, and where it lies. */
export interface Place {
  readonly name: string;
  readonly folder: string;
}

/** Requests are complete: the server has filled in every default. */
export type Drawing =
  | { readonly kind: 'generate'; readonly request: Complete<GenerateRequest>; readonly student?: Place }
  | {
      readonly kind: 'compare';
      readonly request: Complete<CompareRequest>;
      readonly students: readonly Place[];
    }
  | { readonly kind: 'diagnose'; readonly request: Complete<DiagnoseRequest>; readonly student?: Place }
  /** Opens device and model, so that the first request need not wait for that. */
  | { readonly kind: 'open' };

export type DrawingTask = Drawing & { readonly device: RequestedDevice; readonly model: Place };

type Settings = 'seed' | 'steps' | 'guidance' | 'scheduler' | 'width' | 'height';
export type Complete<Request extends { readonly [Name in Settings]?: unknown }> = Request & {
  readonly [Name in Settings]: NonNullable<Request[Name]>;
};

export interface DrawnPicture {
  readonly png: Uint8Array;
  readonly parameters: PictureParameters;
  readonly flagged: boolean;
}

/** What a diagnosis found, without its files. */
export type Diagnosed = Omit<Extract<JobResult, { kind: 'diagnose' }>, 'picture' | 'report'>;

export type DrawingEvent =
  | { readonly kind: 'ready'; readonly device: string }
  | {
      readonly kind: 'step';
      readonly progress: JobProgress;
      readonly column?: number;
      /** PNG files, one a picture. */
      readonly previews?: readonly Uint8Array[];
      /** The step of its column, in a comparison. */
      readonly step?: number;
    }
  | {
      readonly kind: 'generated';
      readonly pictures: readonly DrawnPicture[];
      readonly warnings: readonly string[];
    }
  | { readonly kind: 'compared'; readonly columns: readonly ComparedColumn[] }
  | {
      readonly kind: 'diagnosed';
      readonly picture: DrawnPicture;
      readonly found: Diagnosed;
      readonly report: string;
    };

export interface ComparedColumn {
  readonly encoder: string;
  readonly language: 'ko' | 'en';
  readonly prompt: string;
  readonly picture: DrawnPicture;
}
