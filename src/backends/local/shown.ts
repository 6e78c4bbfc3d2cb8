import type { ServingDefinition } from '../../core/definition';
import { sameDefinition } from '../../core/definitionText';
import { t } from '../../core/l10n';
import type {
  BackendId,
  BackendKind,
  Difference,
  Endpoint,
  Failure,
  ReloadState,
  Replica,
  Serving,
  ServingRun,
  ServingState,
  StageName,
  StageRecord,
} from '../../core/serving';
import type { RunRecord } from './ledger';
import type { Origin } from './origin';
import type { ServerState } from './serverState';
import { ofDefinition, type Wanted } from './wanted';

const orphaned = () => t('Its definition is gone: adopt it to keep it, or delete it');

const moving = () => t('It is being moved: until the new one is ready the old one answers, and then it ends');

export interface Derived {
  readonly state: ServingState;
  readonly reason?: string;
}

/** What is known of a serving's last run. */
export interface RunShown {
  readonly run: RunRecord;
  /** Of one of its servers; all load the same. */
  readonly server: ServerState | undefined;
  readonly origin: Origin;
  /** Steps of its start, in their order. */
  readonly order: readonly StageName[];
  readonly replicas: readonly Replica[];
  readonly endpoint?: Endpoint;
  readonly artifactDirectory?: string;
  /** Why it ended, where neither its server nor whoever started it could say so. */
  readonly failure?: Failure;
  readonly more?: Partial<ServingRun>;
}

/** Puts together what is asked for and what is seen of a serving. */
export function toServing(
  about: { readonly backend: BackendId; readonly kind: BackendKind },
  wanted: Wanted,
  derived: Derived,
  shown: RunShown | undefined,
  packed: readonly Difference[],
): Serving {
  const runs = derived.state === 'running' || derived.state === 'starting' || derived.state === 'updating';
  const reason = wanted.problem ?? derived.reason ?? reasonOf(wanted);
  return {
    ref: { backend: about.backend, name: wanted.definition.name },
    kind: about.kind,
    state: wanted.problem !== undefined && !runs ? 'failed' : derived.state,
    ...(reason === undefined ? {} : { reason }),
    definition: wanted.definition,
    ...ofDefinition(wanted),
    differences: runs ? [...packed, ...settingsDifference(wanted.definition, shown?.run)] : [],
    ...(shown ? { run: toRun(shown) } : {}),
  };
}

/** What is to be known of one without a file of its own. */
function reasonOf({ file, isMoving }: Wanted): string | undefined {
  if (isMoving) {
    return moving();
  }
  return file === undefined ? orphaned() : undefined;
}

function settingsDifference(wanted: ServingDefinition, run: RunRecord | undefined): readonly Difference[] {
  if (run === undefined || sameDefinition({ ...wanted, description: '' }, { ...run.definition, description: '' })) {
    return [];
  }
  return [{ what: 'settings', text: t('the definition was changed after the start') }];
}

function toRun(shown: RunShown): ServingRun {
  const { run, server, endpoint, replicas, artifactDirectory, more } = shown;
  const failure = failureOf(shown);
  const directory = artifactDirectory ?? run.artifact?.directory;
  return {
    startedAt: new Date(run.startedAt),
    ...(run.endedAt === undefined ? {} : { endedAt: new Date(run.endedAt) }),
    stages: stagesOf(shown, failure),
    ...(endpoint ? { endpoint } : {}),
    replicas,
    ...(run.artifact && directory !== undefined
      ? { artifact: run.artifact.label, artifactDirectory: directory, artifactScript: run.artifact.script }
      : {}),
    ...(run.environment
      ? {
          environment: {
            executable: run.environment.executable,
            python: server?.python?.version ?? run.environment.python ?? '',
          },
        }
      : {}),
    ...(server?.loaded ? { loaded: server.loaded } : {}),
    ...(failure ? { failure } : {}),
    ...(server?.batching ? { batching: server.batching } : {}),
    ...(server?.reload ? { reload: toReload(shown.origin, server.reload) } : {}),
    ...(server?.pickleImports ? { pickleImports: server.pickleImports } : {}),
    ...more,
  };
}

function toReload(origin: Origin, reload: ReloadState): ReloadState {
  return reload.failure ? { ...reload, failure: origin.failure(reload.failure) } : reload;
}

function failureOf({ run, server, origin, failure }: RunShown): Failure | undefined {
  const at = run.endedAt === undefined ? {} : { at: new Date(run.endedAt) };
  if (server?.failure) {
    return { ...at, ...origin.failure(server.failure) };
  }
  return run.failure ? { ...run.failure, ...at } : failure;
}

function stagesOf({ run, server, order }: RunShown, failure: Failure | undefined): readonly StageRecord[] {
  const known = new Map<StageName, StageRecord>();
  let prepared: StageRecord | undefined;
  for (const { startedAt, ...stage } of run.stages) {
    const state = stage.seconds === undefined ? (failure?.stage === stage.name ? 'failed' : 'running') : 'done';
    prepared = { ...stage, state, startedAt: new Date(startedAt) };
    known.set(stage.name, prepared);
  }
  for (const stage of server?.stages ?? []) {
    known.set(stage.name, stage.name === 'server' ? fromSpawn(stage, prepared) : stage);
  }
  return order.map((name) => known.get(name) ?? { name, state: 'later' });
}

/** The server tells of itself once Python runs its code; what Python took to come up belongs to the stage as well. */
function fromSpawn(server: StageRecord, before: StageRecord | undefined): StageRecord {
  if (!server.startedAt || !before?.startedAt || before.seconds === undefined) {
    return server;
  }
  const spawned = before.startedAt.getTime() + before.seconds * 1000;
  const earlier = Math.max(0, server.startedAt.getTime() - spawned);
  return {
    ...server,
    startedAt: new Date(server.startedAt.getTime() - earlier),
    ...(server.seconds === undefined ? {} : { seconds: server.seconds + earlier / 1000 }),
  };
}
