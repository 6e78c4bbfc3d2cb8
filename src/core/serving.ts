import type { RemoteDetails } from './remoteDetails';
import type { ServingDefinition } from './definition';
import type { Remedy } from './errors';
import type { GatewayState, ScalingState } from './gateway';
import { t } from './l10n';

export type BackendKind = 'process' | 'docker' | 'hopsworks';
export type BackendId = string & { readonly brand: unique symbol };

/** What a serving is known by. */
export interface ServingRef {
  readonly backend: BackendId;
  readonly name: string;
}

export type ServingState =
  'creating' | 'stopped' | 'starting' | 'running' | 'idle' | 'updating' | 'stopping' | 'failed' | 'unknown';

/** One model version made callable under one name on one backend, as the backend reports it. */
export interface Serving {
  readonly ref: ServingRef;
  readonly kind: BackendKind;
  readonly state: ServingState;
  /** Why it is failed, unknown or not all well: one sentence. */
  readonly reason?: string;
  readonly definition: ServingDefinition;
  /** The file that holds the definition, where there is one. */
  readonly definitionFile?: string;
  /** It runs, and nothing defines it any more: its file was deleted, or names another backend now. */
  readonly isOrphan?: true;
  /** What differs between what is asked for and what runs; empty while nothing runs. */
  readonly differences: readonly Difference[];
  /** What runs, or ran last. */
  readonly run?: ServingRun;
  /** What a server elsewhere tells of it. */
  readonly remote?: RemoteDetails;
  /** Of one that has failed: when it was well last, where that is known. */
  readonly lastGood?: LastGoodRun;
}

/** The last run that was ready. */
export interface LastGoodRun {
  readonly startedAt: Date;
  readonly endedAt?: Date;
  readonly artifact?: string;
  /** Absolute path of its Predict script, where that is still there. */
  readonly script?: string;
  /** What is not as it was then, a few words each: "the Predict script: 3 lines added, 1 removed". */
  readonly changes: readonly string[];
}

export interface Difference {
  readonly what: 'script' | 'model' | 'settings';
  /** A sentence: "edited 14:28, artifact packed 12:17". */
  readonly text: string;
}

/** One start of a serving, up to its end. */
export interface ServingRun {
  readonly startedAt: Date;
  readonly endedAt?: Date;
  readonly stages: readonly StageRecord[];
  readonly endpoint?: Endpoint;
  readonly replicas: readonly Replica[];
  /** `irisflowerclassifier_1_3` or `MODEL-ONLY`. */
  readonly artifact?: string;
  /** Folder that the serving answers from. */
  readonly artifactDirectory?: string;
  /** Absolute path of the Predict script in it. */
  readonly artifactScript?: string;
  readonly environment?: { readonly python: string; readonly executable: string };
  readonly loaded?: LoadedModel;
  readonly failure?: Failure;
  /** By verb, as far as the server has decided. */
  readonly batching?: readonly BatchingState[];
  /** Absent where changes are not looked for. */
  readonly reload?: ReloadState;
  /** What its containers are made from: `model-serving/artifact:…`. */
  readonly image?: string;
  /** What stands before the replicas. */
  readonly gateway?: GatewayState;
  /** Absent where the number of replicas does not follow the load. */
  readonly scaling?: ScalingState;
  /** Modules and names that pickles imported while the script loaded: `sklearn.neighbors._classification`. */
  readonly pickleImports?: readonly string[];
}

/** Whether waiting requests of a verb are predicted in one call, and why not. */
export interface BatchingState {
  readonly verb: Verb;
  readonly isOn: boolean;
  readonly reason: string;
  /** What would turn it on; empty where nothing has to. */
  readonly fix: string;
}

/** What became of the last change of the script or the model. */
export interface ReloadState {
  readonly state: 'watching' | 'loading' | 'failed';
  /** How often a change was taken up. */
  readonly reloads: number;
  readonly failure?: Failure;
}

/** Where a serving answers. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
  /** `http://127.0.0.1:49213/v1/models/iris`; a verb follows as `:predict`. */
  readonly url: string;
  /** It answers on another computer, and there only: from here it is reached once there is a way to it. */
  readonly elsewhere?: Elsewhere;
}

export interface Elsewhere {
  readonly host: string;
  /** What makes the way, for as long as it runs. */
  readonly command: string;
}

export interface Replica {
  readonly number: number;
  readonly state: 'starting' | 'ready' | 'failed' | 'stopping';
  readonly pid?: number;
  readonly startedAt?: Date;
  readonly restarts: number;
  /** Why it was started again last. */
  readonly lastFailure?: string;
  /** Why it does not answer: goes on after "Replica 2 ". */
  readonly trouble?: string;
  /** What can be done so that it does not happen again. */
  readonly remedies?: readonly Remedy[];
  readonly requests: number;
  readonly memoryBytes?: number;
  /** The container that it is, by the short form of its id. */
  readonly container?: string;
  /** The container's name. */
  readonly containerName?: string;
  /** Of one core: 1.5 = one and a half. */
  readonly cores?: number;
  readonly inFlight?: number;
}

/** What the server saw of the model when it had loaded it. */
export interface LoadedModel {
  readonly features?: number;
  readonly featureNames?: readonly string[];
  readonly verbs: readonly Verb[];
  readonly framework?: string;
  /** The script has an app of its own in place of the verbs. */
  readonly hasApp?: boolean;
}

export type Verb = 'predict' | 'classify' | 'regress';
export const VERBS: readonly Verb[] = ['predict', 'classify', 'regress'];

/** A step of one long call, in the order of the start: environment, artifact, server, load, ready. */
export interface StageRecord {
  readonly name: StageName;
  readonly state: 'done' | 'running' | 'failed' | 'later';
  readonly startedAt?: Date;
  readonly seconds?: number;
  /** "cached", "42 %". */
  readonly note?: string;
}

export type StageName =
  | 'environment'
  | 'artifact'
  | 'image'
  | 'server'
  | 'load'
  /** Hopsworks: prepared, a place found, its files there, started; then ready. */
  | 'prepared'
  | 'scheduled'
  | 'initialized'
  | 'started'
  | 'ready';
/** What a person reads for a stage. */
export const STAGE_LABELS: Readonly<Record<StageName, string>> = {
  get environment() {
    return t('Environment');
  },
  get artifact() {
    return t('Artifact');
  },
  get image() {
    return t('Image');
  },
  get server() {
    return t('Server');
  },
  get load() {
    return t('Load Predict script');
  },
  get prepared() {
    return t('Prepared');
  },
  get scheduled() {
    return t('Scheduled');
  },
  get initialized() {
    return t('Initialized');
  },
  get started() {
    return t('Started');
  },
  get ready() {
    return t('Ready');
  },
};

/** Why a start or a running serving failed. */
export interface Failure {
  readonly stage: StageName;
  /** The server's word for it: `missing-package`, `port-in-use` … */
  readonly kind: string;
  /** One sentence. */
  readonly message: string;
  readonly at?: Date;
  readonly exception?: ScriptException;
  readonly remedies: readonly Remedy[];
}

export interface ScriptException {
  readonly type: string;
  readonly text: string;
  readonly frames: readonly TraceFrame[];
}

export interface TraceFrame {
  /** In the workspace where the file is a copy of one there. */
  readonly file: string;
  readonly line: number;
  readonly function: string;
  readonly source: string;
  /** Whether it is the user's code, not the server's or Python's. */
  readonly user: boolean;
}

/** A text that stands for a ref as a map's key. */
export function refKey(ref: ServingRef): string {
  return `${ref.backend}\n${ref.name}`;
}
