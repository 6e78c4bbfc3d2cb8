import { t } from '../../core/l10n';
import type { GatewayErrors, GatewayState, ReplyClass } from '../../core/gateway';
import type { Serving } from '../../core/serving';
import type { StateView } from '../../protocol/views/basics';
import type { GatewayFigures, GatewayView } from '../../protocol/views/gateway';
import { toContainer } from './replicasView';
import { toReplicaState } from './stateView';

/** Those that are shown though there were none. */
const USUAL: readonly ReplyClass[] = ['2xx', '4xx', '5xx'];
const down = (): StateView => ({ word: t('Not running'), icon: 'error', turning: false, tone: 'failed' });
const upText = (): StateView => ({ ...toReplicaState('ready'), word: t('Running') });

/** What stands before the replicas; undefined where there is none. */
export function toGateway({ run, state }: Serving): GatewayView | undefined {
  const gateway = run?.gateway;
  const container = gateway && toContainer(gateway);
  if (gateway === undefined || container === undefined || state === 'stopped' || state === 'creating') {
    return undefined;
  }
  const figures = toFigures(gateway);
  return { state: gateway.up ? upText() : down(), container, ...(figures === undefined ? {} : { figures }) };
}

function toFigures({ up, traffic, requests = 0, inFlight = 0, held = 0 }: GatewayState): GatewayFigures | undefined {
  if (!up || traffic === undefined) {
    return undefined;
  }
  const { connections, replies, retries, errors, meanMs } = traffic;
  return {
    requests,
    inFlight,
    held,
    replies: Object.entries(replies)
      .filter(([name, count]) => count > 0 || USUAL.some((usual) => usual === name))
      .map(([label, count]) => ({ label, count })),
    retries,
    errors: errorTexts(errors),
    openConnections: connections.open,
    connections: connections.total,
    ...(meanMs === undefined ? {} : { meanMs }),
  };
}

function errorTexts({ requests, connections, replies }: GatewayErrors): readonly string[] {
  return [
    ...counted(requests, (n) => (n === 1 ? t('1 request could not be read') : t('{0} requests could not be read', n))),
    ...counted(connections, (n) =>
      n === 1 ? t('1 connection to a replica failed') : t('{0} connections to replicas failed', n),
    ),
    ...counted(replies, (n) => (n === 1 ? t('1 reply was broken off') : t('{0} replies were broken off', n))),
  ];
}

function counted(count: number, text: (count: number) => string): readonly string[] {
  return count === 0 ? [] : [text(count)];
}
