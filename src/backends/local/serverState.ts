import { MEMORY_LIMIT, type Remedy } from '../../core/errors';
import { isObject } from '../../core/objects';
import {
  VERBS,
  type BatchingState,
  type Failure,
  type LoadedModel,
  type ReloadState,
  type Replica,
  type ScriptException,
  type StageName,
  type StageRecord,
  type TraceFrame,
} from '../../core/serving';
import { readJson } from '../local/files';

/** What a server says of itself in `server.json`, as long as it lives and after it ended. */
export interface ServerState {
  readonly instance: string;
  readonly pid: number;
  readonly python?: { readonly version: string; readonly executable: string };
  readonly host: string;
  readonly port: number;
  readonly state: 'starting' | 'ready' | 'failed' | 'stopping' | 'stopped';
  readonly stages: readonly StageRecord[];
  readonly replicas: readonly Replica[];
  readonly failure?: Failure;
  readonly stoppedBecause?: string;
  readonly loaded?: LoadedModel;
  readonly batching?: readonly BatchingState[];
  readonly reload?: ReloadState;
  readonly pickleImports?: readonly string[];
}

type Json = Readonly<Record<string, unknown>>;

/** Reads a server's state; undefined while it has not written one. */
export async function readServerState(file: string): Promise<ServerState | undefined> {
  const value = await readJson(file);
  return isObject(value) ? toServerState(value) : undefined;
}

/** Total: what is missing or of another type is left out. */
export function toServerState(value: Json): ServerState {
  const python = object(value.python);
  const load = object(value.load);
  const failure = object(value.failure);
  const because = optionalText(value.stoppedBecause);
  return {
    instance: text(value.instance),
    pid: number(value.pid) ?? 0,
    ...(python ? { python: { version: text(python.version), executable: text(python.executable) } } : {}),
    host: text(value.host),
    port: number(value.port) ?? 0,
    state: STATES.find((state) => state === value.state) ?? 'starting',
    stages: toStages(objects(value.stages)),
    replicas: objects(value.replicas).map(toReplica),
    ...(failure ? { failure: toFailure(failure) } : {}),
    ...(because === undefined ? {} : { stoppedBecause: because }),
    ...(load ? { loaded: toLoaded(load) } : {}),
    ...toFacts(value),
  };
}

/** What it tells of itself beside its life. */
function toFacts(value: Json): Pick<ServerState, 'batching' | 'reload' | 'pickleImports'> {
  const batching = object(value.batching) ?? {};
  const states = VERBS.flatMap((verb): readonly BatchingState[] => {
    const told = object(batching[verb]);
    return told ? [{ verb, isOn: told.on === true, reason: text(told.reason), fix: text(told.remedy) }] : [];
  });
  const reload = object(value.reload);
  const imports = Array.isArray(value.pickleImports)
    ? value.pickleImports.filter((each) => typeof each === 'string')
    : [];
  return {
    ...(states.length === 0 ? {} : { batching: states }),
    ...(reload ? { reload: toReload(reload) } : {}),
    ...(imports.length === 0 ? {} : { pickleImports: imports }),
  };
}

function toReload(value: Json): ReloadState {
  const failure = object(value.failure);
  const at = date(value.at);
  return {
    state: (['watching', 'loading', 'failed'] as const).find((state) => state === value.state) ?? 'watching',
    reloads: number(value.reloads) ?? 0,
    ...(failure ? { failure: { ...toFailure(failure), ...(at ? { at } : {}) } } : {}),
  };
}

const STATES = ['starting', 'ready', 'failed', 'stopping', 'stopped'] as const;

/** The server's own stages are finer than ours: importing the script and making the Predict object, or the script's own app, are the load. */
const STAGE_OF: Readonly<Record<string, StageName>> = {
  start: 'server',
  import: 'load',
  construct: 'load',
  app: 'load',
  transform: 'load',
  ready: 'ready',
};

function toStages(stages: readonly Json[]): readonly StageRecord[] {
  const merged = new Map<StageName, StageRecord>();
  for (const stage of stages) {
    const name = STAGE_OF[text(stage.name)];
    const state = (['done', 'running', 'failed'] as const).find((each) => each === stage.state);
    if (name === undefined || state === undefined) {
      continue;
    }
    const before = merged.get(name);
    const seconds = sum(before?.seconds, number(stage.seconds));
    const startedAt = before?.startedAt ?? date(stage.startedAt);
    merged.set(name, {
      name,
      state,
      ...(startedAt ? { startedAt } : {}),
      ...(seconds === undefined ? {} : { seconds }),
    });
  }
  return [...merged.values()];
}

function toReplica(value: Json): Replica {
  const pid = number(value.pid);
  const startedAt = date(value.startedAt);
  const lastFailure = optionalText(value.lastFailure);
  const memoryBytes = number(value.memoryBytes);
  const isMemory = value.lastFailureKind === 'out-of-memory';
  return {
    number: number(value.number) ?? 0,
    state: (['starting', 'ready', 'failed', 'stopping'] as const).find((state) => state === value.state) ?? 'starting',
    ...(pid === undefined ? {} : { pid }),
    ...(startedAt ? { startedAt } : {}),
    restarts: number(value.restarts) ?? 0,
    ...(lastFailure === undefined ? {} : { lastFailure }),
    ...(isMemory ? { remedies: [{ kind: 'raiseLimit', setting: MEMORY_LIMIT }] } : {}),
    requests: number(value.requests) ?? 0,
    ...(memoryBytes === undefined ? {} : { memoryBytes }),
  };
}

function toLoaded(value: Json): LoadedModel {
  const features = number(value.features);
  const names = Array.isArray(value.featureNames) ? value.featureNames.filter((n) => typeof n === 'string') : undefined;
  const framework = optionalText(value.framework);
  const verbs = Array.isArray(value.verbs) ? value.verbs : [];
  return {
    ...(features === undefined ? {} : { features }),
    ...(names === undefined ? {} : { featureNames: names }),
    verbs: VERBS.filter((verb) => verbs.includes(verb)),
    ...(isObject(value.app) ? { hasApp: true } : {}),
    ...(framework === undefined ? {} : { framework }),
  };
}

function toFailure(value: Json): Failure {
  const exception = object(value.exception);
  const at = date(value.at);
  return {
    stage: STAGE_OF[text(value.stage)] ?? 'server',
    kind: text(value.kind),
    message: text(value.message),
    ...(at ? { at } : {}),
    ...(exception ? { exception: toException(exception) } : {}),
    remedies: objects(value.remedies).flatMap(toRemedy),
  };
}

export function toException(value: Json): ScriptException {
  return { type: text(value.type), text: text(value.text), frames: objects(value.frames).map(toFrame) };
}

function toFrame(value: Json): TraceFrame {
  return {
    file: text(value.file),
    line: number(value.line) ?? 1,
    function: text(value.function),
    source: text(value.source),
    user: value.user === true,
  };
}

function toRemedy(value: Json): readonly Remedy[] {
  switch (value.kind) {
    case 'install-package':
      return [{ kind: 'installPackages', packages: [text(value.package)] }];
    case 'open-file':
      return [{ kind: 'openFile', file: text(value.file), line: number(value.line) ?? 1 }];
    case 'show-logs':
      return [{ kind: 'showLogs' }];
    case 'choose-port':
      return [{ kind: 'choosePort' }];
    case 'allow-import':
      return [{ kind: 'openDefinition', field: 'pickleImports' }];
    case 'raise-limit':
      // A field of the definition; the others are settings.
      return [{ kind: 'raiseLimit', setting: value.name === 'memoryMb' ? MEMORY_LIMIT : text(value.name) }];
    default:
      return [];
  }
}

const object = (value: unknown): Json | undefined => (isObject(value) ? value : undefined);
const objects = (value: unknown): readonly Json[] => (Array.isArray(value) ? value.filter(isObject) : []);
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const optionalText = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const number = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined;
const sum = (a: number | undefined, b: number | undefined): number | undefined => (a === undefined ? b : a + (b ?? 0));

function date(value: unknown): Date | undefined {
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time) ? undefined : new Date(time);
}
