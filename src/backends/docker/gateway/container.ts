import { randomBytes } from 'node:crypto';
import { METRICS } from '../../local/serverMetrics';
import type { ContainerSpec, ContainerSummary, Labels } from '../engine/port';
import { GATEWAY_PORT, type GatewayOptions } from '../ports';

/** The port of statistics; published on 127.0.0.1 only. */
const ADMIN_PORT = 8404;
/** Seconds that a request waits for a replica that is ready. */
export const HOLD_SECONDS = 10;
/** Replicas and as many that take their places; more of them need another gateway. */
const LEAST_SLOTS = 32;
const CHECK_MS = 250;
/** A replica whose code keeps the interpreter busy is not taken for dead sooner. */
const CHECK_ANSWER_MS = 5000;
/** A request of up to this size is sent again to another replica when the first one fails. */
const BUFFER_BYTES = 65_536;
const MEMORY_MB = 512;

/** The label with the path of statistics, which code of users in the same network does not know. */
const ADMIN_LABEL = 'model-serving.admin-path';

/** The container of a gateway, without name and network. It needs neither a shell nor a place to write. */
export function gatewaySpec(options: GatewayOptions): Omit<ContainerSpec, 'name' | 'network'> {
  const { image, settings, port } = options;
  const admin = randomBytes(16).toString('hex');
  return {
    image,
    labels: { [ADMIN_LABEL]: admin },
    variables: variables(options, admin),
    ports: [
      { inside: GATEWAY_PORT, outside: port, address: settings.publishAddress },
      { inside: ADMIN_PORT, outside: 0, address: '127.0.0.1' },
    ],
    memoryMb: MEMORY_MB,
    pidsLimit: 64,
    restart: 'unless-stopped',
  };
}

/** Where a gateway tells of itself, as seen from the engine's computer; undefined while it does not run. */
export function statisticsUrl(gateway: Pick<ContainerSummary, 'labels' | 'ports'>): string | undefined {
  return adminUrl(gateway, 'stats;csv;norefresh');
}

/** Where it hands on what the replica of that address tells of itself. */
export function replicaMetricsUrl(
  gateway: Pick<ContainerSummary, 'labels' | 'ports'>,
  address: string,
): string | undefined {
  return adminUrl(gateway, `replicas/${address}${METRICS.path}`);
}

function adminUrl({ labels, ports }: Pick<ContainerSummary, 'labels' | 'ports'>, path: string): string | undefined {
  const port = ports.find(({ inside, outside }) => inside === ADMIN_PORT && outside > 0)?.outside;
  const admin = pathOf(labels);
  return port === undefined || admin === undefined ? undefined : `http://127.0.0.1:${String(port)}/${admin}/${path}`;
}

function pathOf(labels: Labels): string | undefined {
  const path = labels[ADMIN_LABEL];
  return path !== undefined && /^[0-9a-f]{32}$/.test(path) ? path : undefined;
}

/** What `files/haproxy.cfg` and `files/gateway.lua` ask for. */
export function gatewayVariables(wanted: {
  readonly upstream: string;
  readonly mostReplicas: number;
  readonly requestSeconds: number;
  readonly bodyBytes: number;
  readonly admin: string;
}): Readonly<Record<string, string>> {
  const slots = Math.max(LEAST_SLOTS, wanted.mostReplicas * 2 + 4);
  // One that was held first has its whole time after that.
  const answerSeconds = Math.ceil(wanted.requestSeconds) + HOLD_SECONDS + 5;
  return {
    UPSTREAM: wanted.upstream,
    SLOTS: String(slots),
    CHECK_MS: String(CHECK_MS),
    CHECK_ANSWER_MS: String(CHECK_ANSWER_MS),
    ANSWER_SECONDS: String(answerSeconds),
    HOLD_SECONDS: String(HOLD_SECONDS),
    BODY_BYTES: String(wanted.bodyBytes),
    BUFFER_BYTES: String(BUFFER_BYTES),
    ADMIN_PATH: wanted.admin,
  };
}

function variables(
  { definition, settings, upstream }: GatewayOptions,
  admin: string,
): Readonly<Record<string, string>> {
  const mostReplicas = definition.replicas.max;
  const { requestSeconds } = definition.limits;
  return gatewayVariables({ upstream, mostReplicas, requestSeconds, bodyBytes: settings.bodyBytes, admin });
}
