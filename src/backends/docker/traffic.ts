import { ServingError } from '../../core/errors';
import type { InferenceLogState } from '../../core/inferenceLog';
import { t } from '../../core/l10n';
import type { ReplicaReading, TrafficReading } from '../../core/traffic';
import { sumOfStates } from '../local/inferenceLogState';
import type { RunRecord } from '../local/ledger';
import type { ServerMetrics } from '../local/serverMetrics';
import type { ContainerSummary } from './engine/port';
import type { Listing } from './listing';
import type { GatewayReading, Gateways } from './ports';

export interface TrafficOf {
  readonly name: string;
  /** What the windows wrote down. */
  readonly ledger: RunRecord | undefined;
  readonly listing: Pick<Listing, 'group' | 'readingOf'>;
  readonly gateways: Pick<Gateways, 'metricsOf'>;
  readonly secret: (name: string) => Promise<string | undefined>;
}

/** What the clients got, as the gateway counts it, and how long it took, as the replicas do. */
export async function readTraffic(of: TrafficOf, signal: AbortSignal): Promise<TrafficReading> {
  const { gateway, reading, told } = await ask(of, signal);
  const { replies } = reading;
  return {
    source: gateway.id,
    replies: Object.values(replies).reduce((sum, each) => sum + each, 0),
    clientErrors: replies['4xx'],
    serverErrors: replies['5xx'],
    inFlight: reading.inFlight,
    replicas: told.map(toReplica),
  };
}

/** What the replicas tell of their inference logs, as of one. */
export async function readRecordingState(of: TrafficOf, signal: AbortSignal): Promise<InferenceLogState | undefined> {
  const { told } = await ask(of, signal);
  if (told.length === 0) {
    throw new ServingError('unavailable', t('No replica of {0} tells its metrics', of.name));
  }
  return sumOfStates(told.map(({ metrics }) => metrics.inferenceLog));
}

interface Told {
  readonly id: string;
  readonly number: number;
  readonly metrics: ServerMetrics;
}

/** The gateway, and by it each replica that it sends requests to; one that does not answer is left out. */
async function ask(
  { name, ledger, listing, gateways, secret }: TrafficOf,
  signal: AbortSignal,
): Promise<{ readonly gateway: ContainerSummary; readonly reading: GatewayReading; readonly told: readonly Told[] }> {
  const { run, replicas, gateway } = await listing.group(name, ledger);
  const reading = gateway && (await listing.readingOf(gateway));
  if (run === undefined || gateway === undefined || reading === undefined) {
    throw new ServingError('unavailable', t('The gateway of {0} cannot be asked', name));
  }
  const { token } = run.definition;
  const value = token === undefined ? undefined : await secret(token);
  const up = new Set(reading.replicas.filter((each) => each.up).map(({ address }) => address));
  const told = await Promise.all(
    replicas.map(async ({ container, number }): Promise<Told | undefined> => {
      const address = Object.values(container.addresses).find((each) => up.has(each));
      const metrics =
        address === undefined
          ? undefined
          : await gateways.metricsOf(gateway, address, value, signal).catch(() => undefined);
      return metrics && { id: container.id, number, metrics };
    }),
  );
  return { gateway, reading, told: told.filter((each) => each !== undefined) };
}

function toReplica({ id, number, metrics: { replies, latency, workers } }: Told): ReplicaReading {
  const [worker] = workers;
  return {
    number,
    source: id,
    requests: replies,
    ...(latency ? { latency } : {}),
    ...(worker?.cpuSeconds === undefined ? {} : { cpuSeconds: worker.cpuSeconds }),
    ...(worker?.memoryBytes === undefined ? {} : { memoryBytes: worker.memoryBytes }),
  };
}
