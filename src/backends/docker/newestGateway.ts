import type { ContainerSummary } from './engine/port';
import { LABEL } from './labels';

/** Of several, the one that was made last. */
export function newestGateway(containers: readonly ContainerSummary[]): ContainerSummary | undefined {
  return newestFirst(containers)[0];
}

/** The gateways among containers: those that run before the others, the one that was made last before those before it. */
export function newestFirst(containers: readonly ContainerSummary[]): readonly ContainerSummary[] {
  const gateways = containers.filter(({ labels }) => labels[LABEL.role] === 'gateway');
  const order = (each: ContainerSummary): number => (each.state === 'running' ? 1e12 : 0) + each.created;
  return gateways.sort((a, b) => order(b) - order(a));
}
