import { isCancelled, messageOf } from '../../core/errors';
import { t } from '../../core/l10n';
import type { GatewayState, ScalingState } from '../../core/gateway';
import type { BackendId, Difference, Elsewhere, Serving, ServingRef, StageName } from '../../core/serving';
import type { Ledger } from '../local/ledger';
import type { ServingPaths } from '../local/paths';
import { readServerState, type ServerState } from '../local/serverState';
import { toServing } from '../local/shown';
import { ofDefinition, type Wanted } from '../local/wanted';
import { whyNoLimits } from './engine/info';
import type { EngineAddress, EngineInfo } from './engine/port';
import { originOf } from './inside';
import type { Listing } from './listing';
import type { GatewayReading } from './ports';
import { pathTo } from './reach';
import { runSecretNames } from './runSecrets';
import { isRunning, lacksSecrets, shortId, toReplica, toState, type Seen, type SeenGateway } from './state';
import { failureOf, secretsGone } from './trouble';

const ORDER: readonly StageName[] = ['environment', 'artifact', 'image', 'server', 'load', 'ready'];

export interface ShownParts {
  readonly seen: Seen;
  readonly engine: EngineAddress;
  /** Undefined: the engine does not say. */
  readonly info: EngineInfo | undefined;
  /** What a run that has ended left. */
  readonly server?: ServerState | undefined;
  readonly scaling: ScalingState | undefined;
}

/** Puts together what is asked for and what is seen of a serving on an engine. */
export function toDockerServing(
  backend: BackendId,
  folder: string,
  wanted: Wanted,
  packed: readonly Difference[],
  { seen, engine, info, server, scaling }: ShownParts,
): Serving {
  const about = { backend, kind: 'docker' } as const;
  const { run, replicas, gateway } = seen;
  const derived = toState(seen, server);
  if (run === undefined) {
    return toServing(about, wanted, derived, undefined, []);
  }
  const name = run.definition.name;
  const endpoint = gateway && pathTo(name, gateway.container, engine);
  const troubles = replicas.flatMap(({ trouble, number }) => (trouble ? [failureOf(trouble, name, number)] : []));
  const gone =
    derived.state === 'failed' && replicas.some(lacksSecrets) ? secretsGone(name, runSecretNames(run)) : undefined;
  const failure = gone ?? (derived.state === 'failed' ? troubles[0] : undefined);
  const shown = {
    run,
    server: gone ? undefined : (replicas.find((each) => each.server?.failure)?.server ?? replicas[0]?.server ?? server),
    origin: originOf(folder, run.definition, run.artifact),
    order: ORDER,
    replicas: replicas.map(toReplica),
    ...(endpoint ? { endpoint } : {}),
    ...(failure ? { failure } : {}),
    more: {
      ...(run.image === undefined ? {} : { image: run.image }),
      ...(gateway ? { gateway: toGateway(gateway) } : {}),
      ...(scaling ? { scaling } : {}),
    },
  };
  const reason =
    gone?.message ??
    derived.reason ??
    (endpoint?.elsewhere && derived.state === 'running' ? wayTo(endpoint.elsewhere) : undefined) ??
    (info && derived.state === 'running' ? withoutLimits(info) : undefined);
  return toServing(about, wanted, { ...derived, ...(reason === undefined ? {} : { reason }) }, shown, packed);
}

/** The engine does not answer: what is known without it. */
export async function toUnseenServing(
  ref: ServingRef,
  wanted: Wanted,
  ledger: Ledger,
  error: unknown,
): Promise<Serving> {
  if (isCancelled(error)) {
    throw error;
  }
  const run = await ledger.read().catch(() => undefined);
  const ended = run === undefined || run.endedAt !== undefined;
  const { problem } = wanted;
  return {
    ref,
    kind: 'docker',
    state: problem !== undefined ? 'failed' : ended ? 'stopped' : 'unknown',
    reason: problem ?? messageOf(error),
    definition: wanted.definition,
    ...ofDefinition(wanted),
    differences: [],
  };
}

/** What a run's servers said of script and model, and of their end. */
export async function factsOf(
  paths: ServingPaths,
  { run, replicas }: Seen,
  listing: Listing,
): Promise<ServerState | undefined> {
  if (run === undefined) {
    return undefined;
  }
  const kept = await readServerState(paths.run(run.instance).state);
  const [first] = replicas;
  // What was kept is gone with the state of the workspace.
  return kept ?? first?.server ?? (first && (await listing.factsOf(first.container.id)));
}

function toGateway({ container, reading }: SeenGateway): GatewayState {
  return {
    container: shortId(container),
    containerName: container.name,
    up: isRunning(container),
    ...(reading ? toReading(reading) : {}),
  };
}

function toReading(reading: GatewayReading): Partial<GatewayState> {
  const { inFlight, held, requests, connections, replies, retries, errors, meanMs } = reading;
  const traffic = { connections, replies, retries, errors, ...(meanMs === undefined ? {} : { meanMs }) };
  return { inFlight, held, requests, traffic };
}

/** What it asks for and does not get. */
function withoutLimits(info: EngineInfo): string | undefined {
  const unlimited = whyNoLimits(info);
  return unlimited && t('No limit of {0} is in force: {1}', unlimited.what, unlimited.why);
}

/** How an endpoint on another computer is reached. */
function wayTo({ host, command }: Elsewhere): string {
  return t('It answers on {0} only; to reach it from here: {1}', host, command);
}
