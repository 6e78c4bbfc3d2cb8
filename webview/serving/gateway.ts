import type { GatewayFigures, GatewayView } from '../../src/protocol/views/gateway';
import type { Child, VElement } from '../common/dom';
import { count } from '../common/numbers';
import { state } from '../common/text';
import { container } from './container';
import type { Deeds } from './deeds';
import { facts, section } from './parts';

/** What stands before the replicas, with what it has counted since it was started. */
export function gateway(view: GatewayView, deeds: Deeds): VElement {
  const { figures } = view;
  return section(
    'gateway',
    'Gateway',
    state(view.state),
    facts('h-gateway', [
      ['Container', container(view.container, 'the gateway', deeds)],
      ...(figures === undefined
        ? ([['Figures', 'None now: it does not answer, or cannot be asked from here.']] as const)
        : figureRows(figures)),
    ]),
  );
}

function figureRows(view: GatewayFigures): readonly (readonly [string, Child | readonly Child[]])[] {
  const waiting = view.held === 0 ? 'none waits for a replica' : `${count(view.held)} wait for a replica`;
  return [
    ['Requests', `${count(view.requests)}, ${count(view.inFlight)} in flight, ${waiting}`],
    ['Replies', view.replies.map(({ label, count: replies }) => `${label} ${count(replies)}`).join(' · ')],
    ...(view.meanMs === undefined
      ? []
      : ([
          ['Time to reply', `${view.meanMs < 1 ? 'below 1' : count(view.meanMs)} ms, the mean of the last requests`],
        ] as const)),
    ['Retries', view.retries === 0 ? 'none' : `${count(view.retries)}, made on another replica`],
    ['Errors', view.errors.length === 0 ? 'none' : view.errors.join(', ')],
    ['Connections', `${count(view.openConnections)} open, ${count(view.connections)} in all`],
  ];
}
