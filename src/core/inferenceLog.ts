/** What of a prediction is kept: `PREDICTIONS` are the replies, `MODEL_INPUTS` the requests. */
export type InferenceLogMode = (typeof INFERENCE_LOG_MODES)[number];
export const INFERENCE_LOG_MODES = ['ALL', 'PREDICTIONS', 'MODEL_INPUTS', 'NONE'] as const;

/** Field `inferenceLog` of a definition. */
export interface InferenceLogDefinition {
  readonly mode: InferenceLogMode;
  /** Whether records are kept in a file of this computer; the setting can turn that off for all servings. */
  readonly local: boolean;
  /** JSON paths such as `$.inputs[*].name` and `$..pin`: what they name is kept nowhere. */
  readonly redact: readonly string[];
  /** Request headers that are kept beside those that say what the body is. */
  readonly headers: readonly string[];
  readonly kafka: KafkaLogDefinition;
}

export interface KafkaLogDefinition {
  /** Name of a topic that is there; `CREATE`: one of its own is made; `NONE`: nothing is sent. */
  readonly topic: string;
  /** Of the topic that is made. */
  readonly partitions: number;
  /** Of each partition, on so many brokers. */
  readonly copies: number;
  /** Of Hopsworks' `inferencelog` schema. */
  readonly schemaVersion: InferenceSchemaVersion;
}

export type InferenceSchemaVersion = 1 | 2 | 3 | 4;

/** One answered request, as the server keeps it; its README has the fields of the file. */
export interface InferenceRecord {
  /** Milliseconds since 1970 when the request came. */
  readonly time: number;
  /** `x-request-id`; empty where a topic's record has none. */
  readonly id: string;
  readonly serving: string;
  readonly model: string;
  readonly version?: number;
  readonly replica?: number;
  /** The method that was called: `predict` or another verb; `app` where a script has an app of its own. */
  readonly verb: string;
  /** `v1`, `v2`, which is the Open Inference Protocol, or `app`; a topic does not tell it. */
  readonly protocol?: string;
  readonly path?: string;
  readonly status: number;
  /** Until the last byte of the reply. */
  readonly latencyMs?: number;
  /** The client left before the reply ended. */
  readonly aborted?: true;
  readonly headers: Readonly<Record<string, string>>;
  /** Absent where the mode leaves it out. */
  readonly request?: RecordedBody;
  readonly reply?: RecordedBody;
}

export interface RecordedBody {
  /** On the wire. */
  readonly bytes: number;
  readonly text?: string;
  /** What is no UTF-8. */
  readonly base64?: string;
  /** Why nothing of it is kept. */
  readonly withheld?: string;
  readonly redacted?: true;
  /** Its media type. */
  readonly type?: string;
}

/** What a running serving tells of its inference log. */
export interface InferenceLogState {
  /** Answered requests since the start. */
  readonly records: number;
  /** Lost before any sink had them. */
  readonly droppedBefore: number;
  readonly limit: { readonly records: number; readonly bytes: number };
  readonly sinks: readonly InferenceSinkState[];
}

export interface InferenceSinkState {
  readonly sink: 'file' | 'kafka';
  readonly state: 'starting' | 'sending' | 'waiting' | 'failed' | 'ended';
  readonly sent: number;
  readonly dropped: number;
  /** By reason: `full`, `timeout`, `too-large` … */
  readonly droppedBecause: Readonly<Record<string, number>>;
  readonly waiting: number;
  readonly topic?: string;
  readonly brokers?: string;
  readonly schemaVersion?: number;
  readonly lastError?: { readonly kind: string; readonly message: string; readonly remedy?: string; readonly at: Date };
}

/** Part of a serving's local log: bytes of whole lines, from where the last part ended. */
export interface InferenceLogPart {
  readonly bytes: Uint8Array;
  /** To be given for the next part. */
  readonly next: string;
}

/** Where a person reads records from: a serving's local log, or a topic. */
export interface RecordSource {
  /** "irisflowerclassifier", "irisflowerclassifier-inf4821 at localhost:9092". */
  readonly label: string;
  /** Between two looks for more, where asking costs much. */
  readonly pauseMs?: number;
  /** The records that came after `since`, or the oldest ones; none when there are no more now. */
  read(since: string | undefined, signal: AbortSignal): Promise<RecordPart>;
}

export interface RecordPart {
  readonly records: readonly InferenceRecord[];
  /** What could not be read: one sentence for each kind. */
  readonly troubles: readonly string[];
  /** To be given for the next part. */
  readonly next: string;
}
