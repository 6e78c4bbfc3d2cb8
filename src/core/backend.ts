import type { ServingDefinition } from './definition';
import type { Disposable } from './disposables';
import type { Event } from './events';
import type { InferenceLogPart, InferenceLogState } from './inferenceLog';
import type { RemotePlace } from './remotePlace';
import type { BackendId, BackendKind, Serving, ServingRef, StageName, Verb } from './serving';
import type { TrafficReading } from './traffic';

/** What a backend can do beyond the verbs that every backend has. */
export type Capability =
  | 'edit'
  | 'logs'
  | 'predict'
  | 'requestedPort'
  | 'managedEnvironment'
  | 'resources'
  | 'scaling'
  /** `handOver` and `receive` are there. */
  | 'move'
  /** A web UI shows its servings. */
  | 'pages'
  /** `openShell` is there. */
  | 'shell'
  /** `traffic` is there. */
  | 'traffic'
  /** `inferenceLogState`, `inferenceLog` and what belongs to them are there. */
  | 'inferenceLog';

export type Availability =
  | { readonly kind: 'ready'; readonly detail: string }
  | { readonly kind: 'missing' | 'stopped' | 'signedOut' | 'unreachable' | 'untrusted'; readonly message: string };

/** What a long call tells while it works. */
export interface Progress {
  readonly stage: StageName;
  /** "Installing scikit-learn", "42 %". */
  readonly message?: string;
}

/** One long call: it can be cancelled, and it tells where it is. */
export interface Operation {
  readonly signal: AbortSignal;
  report(progress: Progress): void;
  /**
   * Asks whoever watches before something is built for the first time; absent where nobody does: then it is built.
   * Resolves with whether to build; `false`: they look at the requirements first. Rejects with `cancelled`.
   */
  readonly confirmBuild?: (plan: BuildPlan) => Promise<boolean>;
}

/** What would be installed into an environment that is not there yet. */
export interface BuildPlan {
  /** The image that it is built on. */
  readonly base: string;
  /** One line for each requirement, without passwords. */
  readonly lines: readonly string[];
  /** Text of a requirements file for the same. */
  readonly text: string;
  /** The file that asks for it; undefined: it was found from what script and model import … */
  readonly file?: string;
  /** … in the versions that this interpreter has. */
  readonly pinnedBy?: string;
}

export type LogLevel = 'DEBUG' | 'INFO' | 'WARN' | 'ERROR';

export interface LogLine {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly level: LogLevel;
  readonly logger: string;
  readonly replica?: number;
  readonly request?: string;
  readonly message: string;
  /** Everything else of the record. */
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface LogOptions {
  /** Lines of the past to begin with; all that are kept when undefined. */
  readonly tail?: number;
  /** Go on with what comes; ends only with the signal. */
  readonly follow: boolean;
}

export interface InferenceRequest {
  readonly verb: Verb;
  /** The JSON body, as text: sent as it is. */
  readonly body: string;
  /** The body is that of the Open Inference Protocol and goes to its path, which calls `predict`. */
  readonly protocol?: 'v2';
  /** Without the server in between, where a serving has such a way. */
  readonly route?: 'direct';
  /** Of the model, where a server tells versions apart by their path. */
  readonly version?: number;
  /** Asks for the reply item by item, as they are made; where that is not known, it comes as always. */
  readonly stream?: StreamForm;
  /** Gets the reply as it comes, piece by piece, where the way there allows that. */
  readonly onText?: (text: string) => void;
}

/** Server-sent events, or JSON line by line. */
export type StreamForm = keyof typeof STREAM_TYPES;
/** Media types that ask for them. */
export const STREAM_TYPES = { events: 'text/event-stream', lines: 'application/x-ndjson' } as const;

export interface InferenceResponse {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Milliseconds from sending to the last byte. */
  readonly latencyMs: number;
  /** The server's id of the request, as its log lines carry it. */
  readonly requestId?: string;
}

/** A serving on its way to another backend, as the one that it leaves tells of it. */
export interface Moving {
  readonly definition: ServingDefinition;
  /** It answers: the new one has to be ready before it ends. */
  readonly runs: boolean;
  /** Where it answers. */
  readonly port?: number;
  /** Ends what runs there and takes away what it owned; to be called once the new one has its place. */
  release(): Promise<void>;
}

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** A shell in a replica. Disposed, it ends, with all that runs in it. */
export interface Shell extends Disposable {
  /** What it prints, up to its end; to be read once. */
  readonly output: AsyncIterable<string>;
  write(text: string): void;
  resize(size: TerminalSize): Promise<void>;
  /** After the last of the output: its exit code; undefined when its replica has ended. */
  exitCode(): Promise<number | undefined>;
}

/** A place where models are served. Every method rejects with a ServingError and nothing else. */
export interface Backend extends Disposable {
  readonly id: BackendId;
  readonly kind: BackendKind;
  readonly label: string;
  readonly capabilities: ReadonlySet<Capability>;
  /** What can be chosen there for a serving; absent where that is known without asking. */
  readonly remote?: RemotePlace;
  /** Data: never rejects. */
  availability(signal: AbortSignal): Promise<Availability>;
  servings(signal: AbortSignal): Promise<readonly Serving[]>;
  create(definition: ServingDefinition, operation: Operation): Promise<ServingRef>;
  /** Both in one, where what was brought there for it has to go with it. Cancelled or failed: nothing of it is there. */
  createStarted?(definition: ServingDefinition, operation: Operation): Promise<ServingRef>;
  /**
   * Changes what is asked for; a running serving goes over to it. With `since`, what it was when the change was thought
   * of: rejects with `conflict` where others can change it and have done so.
   */
  update(
    ref: ServingRef,
    definition: ServingDefinition,
    operation: Operation,
    since?: ServingDefinition,
  ): Promise<void>;
  /** Resolves when it is ready; nothing happens when it runs already. Cancelled or failed: nothing runs. */
  start(ref: ServingRef, operation: Operation): Promise<void>;
  /** A further run in place of the one that runs. Absent: an update to the same definition does that. */
  restart?(ref: ServingRef, operation: Operation): Promise<void>;
  /** Lets running requests end; nothing happens when it does not run. */
  stop(ref: ServingRef, operation: Operation): Promise<void>;
  /** Stops it and takes away what it owned; model and script stay. */
  remove(ref: ServingRef, operation: Operation): Promise<void>;
  /** Writes the definition of an orphan again; what runs is not touched. Absent where there are no orphans. */
  adopt?(ref: ServingRef, operation: Operation): Promise<void>;
  logs(ref: ServingRef, options: LogOptions, signal: AbortSignal): AsyncIterable<LogLine>;
  /** Resolves with whatever was answered, errors of the server included; rejects when nothing answers. */
  predict(ref: ServingRef, request: InferenceRequest, signal: AbortSignal): Promise<InferenceResponse>;
  /** The OpenAPI document that its server publishes; undefined where it has none. Absent where no server does. */
  openApi?(ref: ServingRef, signal: AbortSignal): Promise<unknown>;
  /**
   * Gives a serving to another backend, by whatever `take` does; nothing else is done to it meanwhile. When that rejects
   * before it was released, all is as it was.
   */
  handOver?(
    ref: ServingRef,
    take: (moving: Moving, operation: Operation) => Promise<void>,
    operation: Operation,
  ): Promise<void>;
  /**
   * Takes over a serving that moves here: starts it beside the other where that runs, has its definition name this
   * backend once it is ready, and then releases the other. Rejects before that: nothing of it is here.
   */
  receive?(moving: Moving, operation: Operation): Promise<void>;
  openShell?(ref: ServingRef, replica: number, size: TerminalSize, signal: AbortSignal): Promise<Shell>;
  /** What one that runs has counted so far. Rejects with `unavailable` while it does not run, or does not tell. */
  traffic?(ref: ServingRef, signal: AbortSignal): Promise<TrafficReading>;
  /** What one that runs tells of its inference log; undefined while it keeps none. Rejects as `traffic` does. */
  inferenceLogState?(ref: ServingRef, signal: AbortSignal): Promise<InferenceLogState | undefined>;
  /** A part of its local inference log, at most a few MB: the oldest one first, or what came after `since`. */
  inferenceLog?(ref: ServingRef, since: string | undefined, signal: AbortSignal): Promise<InferenceLogPart>;
  /** The file of this computer that has its newest records; undefined while there is none. */
  inferenceLogFile?(ref: ServingRef, signal: AbortSignal): Promise<string | undefined>;
  /** Takes its local inference log away; what is answered from then on is kept again. */
  deleteInferenceLog?(ref: ServingRef, signal: AbortSignal): Promise<void>;
  /** Changes that did not come from a call of this object. Undefined: anything may have changed. */
  readonly onDidChange: Event<ServingRef | undefined>;
}
