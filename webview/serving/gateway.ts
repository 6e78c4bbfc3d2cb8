import type { GatewayFigures, GatewayView } from '../../src/protocol/views/gateway';
import type { Child, VElement } from '../common/dom';
import { t } from '../common/l10n';
import { count, latency } from '../common/numbers';
import { state } from '../common/text';
import { container } from './container';
import type { Deeds } from './deeds';
import { facts, section } from './parts';

/** What stands before the replicas, with what it has counted since it was started. */
export function gateway(view: GatewayView, deeds: Deeds): VElement {
  const { figures } = view;
  return section(
    'gateway',
    t('Gateway'),
    state(view.state),
    facts('h-gateway', [
      [t('Container'), container(view.container, t('the gateway'), deeds)],
      ...(figures === undefined
        ? ([[t('Figures'), t('None now: it does not answer, or cannot be asked from here.')]] as const)
        : figureRows(figures)),
    ]),
  );
}

function figureRows(view: GatewayFigures): readonly (readonly [string, Child | readonly Child[]])[] {
  const waiting = view.held === 0 ? t('none waits for a replica') : t('{0} wait for a replica', count(view.held));
  return [
    [t('Requests'), t('{0}, {1} in flight, {2}', count(view.requests), count(view.inFlight), waiting)],
    [t('Replies'), view.replies.map(({ label, count: replies }) => `${label} ${count(replies)}`).join(' · ')],
    ...(view.meanMs === undefined
      ? []
      : ([[t('Time to reply'), t('{0}, the mean of the last requests', meanTime(view.meanMs))]] as const)),
    [t('Retries'), view.retries === 0 ? t('none') : t('{0}, made on another replica', count(view.retries))],
    [t('Errors'), view.errors.length === 0 ? t('none') : view.errors.join(', ')],
    [t('Connections'), t('{0} open, {1} in all', count(view.openConnections), count(view.connections))],
  ];
}

/** The gateway counts whole milliseconds. */
function meanTime(ms: number): string {
  const { value, unit } = latency(ms);
  return ms < 1 ? t('below 1 ms') : `${ms < 10 ? count(ms) : value} ${unit}`;
}
