import { ServingError } from '../../core/errors';
import { t } from '../../core/l10n';
import type { ReplicaReading, TrafficReading } from '../../core/traffic';
import type { Listing } from './listing';
import type { Gateways } from './ports';
import type { ContainerSummary } from './engine/port';
import type { RunRecord } from '../local/ledger';

export interface TrafficOf {
  readonly name: string;
  /** What the windows wrote down. */
  readonly ledger: RunRecord | undefined;
  readonly listing: Pick<Listing, 'group' | 'readingOf'>;
  readonly gateways: Pick<Gateways, 'metricsOf'>;
  readonly secret: (name: string) => Promise<string | undefined>;
}

/** What the clients got, as the gateway counts it, and how long it took, as the replicas do. */
export async function readTraffic(
  { name, ledger, listing, gateways, secret }: TrafficOf,
  signal: AbortSignal,
): Promise<TrafficReading> {
  const { run, replicas, gateway } = await listing.group(name, ledger);
  const reading = gateway && (await listing.readingOf(gateway));
  if (run === undefined || gateway === undefined || reading === undefined) {
    throw new ServingError('unavailable', t('The gateway of {0} cannot be asked', name));
  }
  const { token } = run.definition;
  const value = token === undefined ? undefined : await secret(token);
  const up = new Set(reading.replicas.filter((each) => each.up).map(({ address }) => address));
  const asked = replicas.flatMap(({ container, number }) => {
    const address = Object.values(container.addresses).find((each) => up.has(each));
    return address === undefined ? [] : [{ id: container.id, number, address }];
  });
  const told = await Promise.all(
    asked.map(({ id, number, address }) =>
      replica(gateways, gateway, { id, number, address }, value, signal).catch(() => undefined),
    ),
  );
  const { replies } = reading;
  return {
    source: gateway.id,
    replies: Object.values(replies).reduce((sum, each) => sum + each, 0),
    clientErrors: replies['4xx'],
    serverErrors: replies['5xx'],
    inFlight: reading.inFlight,
    replicas: told.filter((each) => each !== undefined),
  };
}

async function replica(
  gateways: TrafficOf['gateways'],
  gateway: ContainerSummary,
  { id, number, address }: { readonly id: string; readonly number: number; readonly address: string },
  token: string | undefined,
  signal: AbortSignal,
): Promise<ReplicaReading> {
  const { replies, latency, workers } = await gateways.metricsOf(gateway, address, token, signal);
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
