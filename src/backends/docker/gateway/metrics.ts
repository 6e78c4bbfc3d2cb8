import type { ReplyClass } from '../../../core/gateway';
import type { GatewayReading, GatewayReplica } from '../ports';
import { readTable, type Row } from './table';

const CLASSES: readonly ReplyClass[] = ['1xx', '2xx', '3xx', '4xx', '5xx', 'other'];

/** Counts begin with the gateway's container. */
export interface GatewayMetrics extends GatewayReading {
  readonly replicas: readonly ReplicaMetrics[];
}

export interface ReplicaMetrics extends GatewayReplica {
  /** `UP`, `DOWN` … */
  readonly status: string;
  /** Connections that failed, replies that were broken off, replies with 5xx. */
  readonly errors: number;
}

/** Most slots are empty, and taking lines apart is most of a reading. */
const EMPTY_SLOT = /^replicas,replica\d+,.*,MAINT\b/;
const UNRESOLVED = /^(0\.0\.0\.0|\[?::\]?)?(:\d+)?$/;

/**
 * What HAProxy's statistics say (its CSV, `haproxy.cfg` beside this). Total: rows and columns that are not known are left
 * out, what is no number is 0. Undefined when it is not from a gateway of ours.
 */
export function parseMetrics(text: string): GatewayMetrics | undefined {
  const rows = readTable(text, (line) => !EMPTY_SLOT.test(line));
  const front = rows.find((row) => row.get('pxname') === 'model' && row.get('svname') === 'FRONTEND');
  const servers = rows.filter((row) => row.get('pxname') === 'replicas');
  if (front === undefined) {
    return undefined;
  }
  const replicas = servers.filter(isReplica).map(toReplica);
  const backend = servers.find((row) => row.get('svname') === 'BACKEND');
  const hold = servers.find((row) => row.get('svname') === 'hold');
  // A request that was held goes on to its replica through the holding place, and is counted there to its end.
  const held = hold === undefined || replicas.some(({ up }) => up) ? 0 : count(hold, 'scur');
  return {
    inFlight: held + sum(replicas.map(({ inFlight }) => inFlight)),
    held,
    requests: count(front, 'req_tot'),
    replies: Object.fromEntries(CLASSES.map((name) => [name, count(front, `hrsp_${name}`)])) as Record<
      ReplyClass,
      number
    >,
    connections: { open: count(front, 'scur'), total: count(front, 'stot') },
    // Newer versions count a try at another replica only as that.
    retries: backend === undefined ? 0 : Math.max(count(backend, 'wretr'), count(backend, 'wredis')),
    errors: {
      requests: count(front, 'ereq'),
      connections: backend === undefined ? 0 : count(backend, 'econ'),
      replies: backend === undefined ? 0 : count(backend, 'eresp'),
    },
    ...meanOf(backend),
    replicas,
  };
}

/** Whether the gateway sends requests to each of these addresses; false while nothing is known, and when there is no address yet. */
export function takesRequests(reading: GatewayReading | undefined, addresses: readonly string[]): boolean {
  const up = new Set(reading?.replicas.filter((replica) => replica.up).map(({ address }) => address));
  return addresses.length > 0 && addresses.every((address) => up.has(address));
}

/** Whether the gateway sends requests to none of these addresses any more; false while nothing is known. */
export function takesNone(reading: GatewayReading | undefined, addresses: readonly string[]): boolean {
  return reading?.replicas.every(({ address, up }) => !up || !addresses.includes(address)) ?? false;
}

/** Of the last 1024 requests: the wait for a replica, for a connection to it, and for its reply. */
function meanOf(backend: Row | undefined): Pick<GatewayMetrics, 'meanMs'> {
  return backend === undefined || count(backend, 'req_tot') === 0
    ? {}
    : { meanMs: sum(['qtime', 'ctime', 'rtime'].map((column) => count(backend, column))) };
}

/** A slot that has an address. */
function isReplica(row: Row): boolean {
  return (
    /^replica\d+$/.test(row.get('svname') ?? '') &&
    !UNRESOLVED.test(row.get('addr') ?? '') &&
    !(row.get('status') ?? '').startsWith('MAINT')
  );
}

function toReplica(row: Row): ReplicaMetrics {
  const status = (row.get('status') ?? '').slice(0, 40);
  // A replica that was just found is UP until its first check says otherwise.
  const up = status.startsWith('UP') && /^(\* )?L7OK/.test(row.get('check_status') ?? '');
  const reason = [row.get('check_desc'), row.get('last_chk')].find((text) => text !== undefined && text !== '');
  const errors = count(row, 'econ') + count(row, 'eresp') + count(row, 'hrsp_5xx');
  return {
    address: (row.get('addr') ?? '').replace(/:\d+$/, '').replace(/^\[|\]$/g, ''),
    up,
    status,
    ...(up || reason === undefined ? {} : { reason: reason.slice(0, 200) }),
    inFlight: count(row, 'scur'),
    requests: count(row, 'stot'),
    errors,
    troubles: errors + count(row, 'chkfail') + count(row, 'chkdown'),
  };
}

function count(row: Row, column: string): number {
  const value = Number(row.get(column) ?? '');
  return Number.isFinite(value) && value > 0 ? value : 0;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
