import type { ServingDefinition } from '../../core/definition';
import { sameDefinition } from '../../core/definitionText';
import type {
  BackendId,
  Difference,
  Failure,
  ReloadState,
  Serving,
  ServingRun,
  StageName,
  StageRecord,
} from '../../core/serving';
import { endpointOf } from '../inference';
import type { RunRecord } from '../local/ledger';
import { Origin } from '../local/origin';
import type { ServerState } from '../local/serverState';
import type { Wanted } from '../local/wanted';
import { toState } from './state';

export interface Observation {
  readonly run: RunRecord | undefined;
  readonly server: ServerState | undefined;
  /** Of the run's server, once it is known. */
  readonly pid?: number;
  readonly alive: boolean;
  readonly preparerAlive: boolean;
}

const ORDER: readonly StageName[] = ['environment', 'artifact', 'server', 'load', 'ready'];

/** Puts together what is asked for and what is seen of a serving. */
export function toServing(
  backend: BackendId,
  folder: string,
  wanted: Wanted,
  seen: Observation,
  packed: readonly Difference[],
): Serving {
  const derived = toState(seen);
  const runs = derived.state === 'running' || derived.state === 'starting' || derived.state === 'updating';
  const reason = wanted.problem ?? derived.reason;
  return {
    ref: { backend, name: wanted.definition.name },
    kind: 'process',
    state: wanted.problem !== undefined && !runs ? 'failed' : derived.state,
    ...(reason === undefined ? {} : { reason }),
    definition: wanted.definition,
    ...(wanted.file === undefined ? {} : { definitionFile: wanted.file }),
    differences: runs ? [...packed, ...settingsDifference(wanted.definition, seen.run)] : [],
    ...(seen.run ? { run: toRun(folder, seen.run, seen) } : {}),
  };
}

function settingsDifference(wanted: ServingDefinition, run: RunRecord | undefined): readonly Difference[] {
  if (run === undefined || sameDefinition({ ...wanted, description: '' }, { ...run.definition, description: '' })) {
    return [];
  }
  return [{ what: 'settings', text: 'the definition was changed after the start' }];
}

function toRun(folder: string, run: RunRecord, { server, alive }: Observation): ServingRun {
  const failure = failureOf(folder, run, server);
  const ended = run.endedAt ?? undefined;
  return {
    startedAt: new Date(run.startedAt),
    ...(ended === undefined ? {} : { endedAt: new Date(ended) }),
    stages: stagesOf(run, server, failure),
    ...(server && server.port > 0 ? { endpoint: endpointOf(run.definition.name, server.host, server.port) } : {}),
    replicas: alive ? (server?.replicas ?? []) : [],
    ...(run.artifact ? { artifact: run.artifact.label, artifactDirectory: run.artifact.directory } : {}),
    ...(run.environment
      ? { environment: { executable: run.environment.executable, python: server?.python?.version ?? '' } }
      : {}),
    ...(server?.loaded ? { loaded: server.loaded } : {}),
    ...(failure ? { failure } : {}),
    ...(server?.batching ? { batching: server.batching } : {}),
    ...(server?.reload ? { reload: toReload(folder, run, server.reload) } : {}),
    ...(server?.pickleImports ? { pickleImports: server.pickleImports } : {}),
  };
}

function toReload(folder: string, run: RunRecord, reload: ReloadState): ReloadState {
  const { failure } = reload;
  return failure ? { ...reload, failure: new Origin(folder, run.definition, run.artifact).failure(failure) } : reload;
}

function failureOf(folder: string, run: RunRecord, server: ServerState | undefined): Failure | undefined {
  const at = run.endedAt === undefined ? {} : { at: new Date(run.endedAt) };
  if (server?.failure) {
    return { ...at, ...new Origin(folder, run.definition, run.artifact).failure(server.failure) };
  }
  return run.failure && { ...run.failure, ...at };
}

function stagesOf(
  run: RunRecord,
  server: ServerState | undefined,
  failure: Failure | undefined,
): readonly StageRecord[] {
  const known = new Map<StageName, StageRecord>();
  for (const { startedAt, ...stage } of run.stages) {
    const state = stage.seconds === undefined ? (failure?.stage === stage.name ? 'failed' : 'running') : 'done';
    known.set(stage.name, { ...stage, state, startedAt: new Date(startedAt) });
  }
  for (const stage of server?.stages ?? []) {
    known.set(stage.name, stage.name === 'server' ? fromSpawn(stage, known.get('artifact')) : stage);
  }
  return ORDER.map((name) => known.get(name) ?? { name, state: 'later' });
}

/** The server tells of itself once Python runs its code; what Python took to come up belongs to the stage as well. */
function fromSpawn(server: StageRecord, artifact: StageRecord | undefined): StageRecord {
  if (!server.startedAt || !artifact?.startedAt || artifact.seconds === undefined) {
    return server;
  }
  const spawned = artifact.startedAt.getTime() + artifact.seconds * 1000;
  const earlier = Math.max(0, server.startedAt.getTime() - spawned);
  return {
    ...server,
    startedAt: new Date(server.startedAt.getTime() - earlier),
    ...(server.seconds === undefined ? {} : { seconds: server.seconds + earlier / 1000 }),
  };
}
