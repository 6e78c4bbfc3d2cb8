import type { Traffic } from '../../app/traffic/servingTraffic';
import type { ServingAction } from '../../core/actions';
import type { InferenceRequest, InferenceResponse, LogLine, LogOptions, Progress } from '../../core/backend';
import type { Disposable } from '../../core/disposables';
import type { Remedy } from '../../core/errors';
import type { Event } from '../../core/events';
import type { Serving, ServingRef } from '../../core/serving';
import type { CommandId } from '../commands/ids';
import type { RecordingFacts } from './inferenceLogView';

/** What is known of the servings. */
export interface ServingSource {
  serving(ref: ServingRef): Serving | undefined;
  /** What can be done to it now. */
  actions(ref: ServingRef): readonly ServingAction[];
  /** Where a long call on it is; undefined while none runs. */
  progress(ref: ServingRef): Progress | undefined;
  /** "This computer". */
  backendLabel(ref: ServingRef): string;
  readonly onDidChange: Event<void>;
  /** Keeps what is known fresh until it is disposed. */
  watch(): Disposable;
}

export interface Predictor {
  /** Resolves with whatever was answered; rejects with a ServingError when nothing answers. */
  predict(ref: ServingRef, request: InferenceRequest, signal: AbortSignal): Promise<InferenceResponse>;
}

/** How servings are used. */
export interface TrafficSource {
  /** Undefined: nothing is known. */
  of(ref: ServingRef): Traffic | undefined;
  /** Whether it tells of its traffic itself. */
  counts(ref: ServingRef): boolean;
  /** Looks at it more often until it is disposed. */
  watch(ref: ServingRef): Disposable;
  /** This editor sent a request. */
  sent(ref: ServingRef, status: number, latencyMs: number): void;
  readonly onDidChange: Event<ServingRef>;
}

/** What becomes of the records of predictions. */
export interface RecordingSource {
  /** Undefined where there are none to be had. */
  of(ref: ServingRef): RecordingFacts | undefined;
  /** Asks it again and again until it is disposed. */
  watch(ref: ServingRef): Disposable;
  readonly onDidChange: Event<ServingRef>;
}

export interface LogSource {
  /** Rejects with a ServingError. With `follow` it goes on over a restart, until the signal. */
  read(ref: ServingRef, options: LogOptions, signal: AbortSignal): AsyncIterable<LogLine>;
}

export interface AllLogSource {
  /** Those whose logs can be read. */
  servings(): readonly ServingRef[];
  /** All of their logs as one, each beginning with its share of so many lines; ends with the signal. */
  readAll(tail: number, signal: AbortSignal): AsyncIterable<{ readonly ref: ServingRef; readonly line: LogLine }>;
}

export interface CommandRunner {
  /** Runs a command; its failures are shown to the user by the command. */
  run(id: CommandId, ...args: unknown[]): Promise<void>;
  runRemedy(remedy: Remedy, ref: ServingRef): Promise<void>;
}
