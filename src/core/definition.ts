import type { InferenceLogDefinition, InferenceLogMode } from './inferenceLog';
import type { ModelRef } from './model';
import type { BackendKind } from './serving';

export type LocalBackendKind = 'process' | 'docker';
/** `CREATE`: a numbered artifact, a further number whenever what is packed has changed. */
export type ArtifactChoice = 'MODEL-ONLY' | 'CREATE' | number;

/**
 * What was asked for: `servings/<name>.serving.json`. Every field but name, model and script has a default there;
 * here the defaults are filled in.
 */
export interface ServingDefinition {
  readonly name: string;
  readonly backend: BackendKind;
  readonly model: ModelRef;
  /** Path of the Predict script below the workspace folder, with `/`. */
  readonly script: string;
  readonly artifact: ArtifactChoice;
  readonly replicas: { readonly min: number; readonly max: number };
  /** The model is loaded once and its memory shared between the replicas, where the system can do that. */
  readonly preload: boolean;
  readonly resources: { readonly cores: number; readonly memoryMb: number; readonly gpus: number };
  readonly environment: EnvironmentDefinition;
  /** Path of the script with `class Transformer`, in the folder of the model version, below the workspace folder. */
  readonly transformer?: string;
  readonly batching: BatchingDefinition;
  readonly limits: LimitsDefinition;
  readonly port: number | 'auto';
  /** Name of the secret that a request has to bring as its bearer token; undefined: none has to. */
  readonly token?: string;
  /** Patterns such as `sklearn.*` of what a pickle may import; undefined: anything. */
  readonly pickleImports?: readonly string[];
  /** Whether replies of numpy, pandas, dates and the like are converted; without it they are refused with the fix. */
  readonly lenientReplies: boolean;
  /** Whether a change of the script or the model is loaded while the serving runs. */
  readonly reload: boolean;
  /** The `inputs` of one request, any JSON value: for the check of batching, the schema and the page. */
  readonly sample?: unknown;
  /** What is kept of each prediction, and where. */
  readonly inferenceLog: InferenceLogDefinition;
  readonly description: string;
  /** What only Hopsworks knows. */
  readonly remote?: RemoteDefinition;
}

export interface RemoteDefinition {
  readonly server: 'PYTHON' | 'TENSORFLOW_SERVING' | 'VLLM';
  readonly tool: 'DEFAULT' | 'KSERVE';
  /** As Hopsworks names it: SKLEARN, PYTHON … */
  readonly framework?: string;
  /** Name of an existing topic; `CREATE`: one of its own is made; `NONE`: requests are not logged. */
  readonly topic: { readonly name: string; readonly partitions?: number; readonly copies?: number };
  readonly inferenceLogging: InferenceLogMode;
  /** What a replica is sure to get; `resources` of the definition are the most that it gets. */
  readonly requests?: ServingDefinition['resources'];
  readonly batching: {
    readonly enabled: boolean;
    readonly maxRows?: number;
    readonly maxLatencyMs?: number;
    readonly timeoutSeconds?: number;
  };
  readonly transformer?: { readonly replicas: number; readonly resources?: ServingDefinition['resources'] };
  /** Name of the Python environment there. */
  readonly environment?: string;
  readonly protocol?: 'REST' | 'GRPC';
  /** What of this computer it is made from: brought there before it is created or changed. Never told by a server. */
  readonly upload?: RemoteUpload;
}

/** Absolute paths. */
export interface RemoteUpload {
  readonly script?: string;
  readonly transformer?: string;
  /** The folder of a model version that is not in the registry yet. */
  readonly model?: string;
}

export interface BatchingDefinition {
  readonly enabled: boolean;
  /** Rows of one call of the script at the most. */
  readonly maxRows: number;
  /** Whether the script is tried at the start; without it, it is trusted to answer each row by itself. */
  readonly check: boolean;
}

export interface LimitsDefinition {
  /** Requests of one replica that wait at the most. */
  readonly queueLength: number;
  /** How long a client waits for its answer at the most. */
  readonly requestSeconds: number;
}

export interface EnvironmentDefinition {
  /** Path of an interpreter; undefined: the one that is selected in the editor. */
  readonly python?: string;
  /** Path of a requirements file below the workspace folder: a managed environment is made from it. */
  readonly requirements?: string;
  readonly variables: Readonly<Record<string, string>>;
  /** Names; the values lie in SecretStorage. */
  readonly secrets: readonly string[];
}

export const DEFAULTS = {
  backend: 'process',
  artifact: 'MODEL-ONLY',
  replicas: { min: 1, max: 1 },
  preload: false,
  resources: { cores: 1, memoryMb: 1024, gpus: 0 },
  environment: { variables: {}, secrets: [] },
  batching: { enabled: true, maxRows: 256, check: true },
  limits: { queueLength: 1000, requestSeconds: 300 },
  lenientReplies: true,
  reload: false,
  port: 'auto',
  inferenceLog: {
    mode: 'ALL',
    local: true,
    redact: [],
    headers: [],
    kafka: { topic: 'NONE', partitions: 1, copies: 1, schemaVersion: 3 },
  },
  description: '',
} as const satisfies Partial<ServingDefinition>;

/** Names of all secrets that a serving needs. */
export function secretNames({
  environment,
  token,
}: Pick<ServingDefinition, 'environment' | 'token'>): readonly string[] {
  return [...new Set([...environment.secrets, ...(token === undefined ? [] : [token])])];
}
