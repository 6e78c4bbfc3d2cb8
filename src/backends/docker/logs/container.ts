import type { ContainerSummary, Labels } from '../engine/port';

const LABEL = 'model-serving';

/** A container of a serving whose output is shown. */
export interface LogContainer {
  readonly id: string;
  readonly role: 'replica' | 'gateway';
  readonly labels: Labels;
  /** Undefined for the gateway. */
  readonly replica?: number;
  /** It may print more. */
  readonly running: boolean;
}

/** Undefined: what it prints is not for the serving's log. */
export function toLogContainer(container: ContainerSummary): LogContainer | undefined {
  const { id, labels, state } = container;
  const role = labels[`${LABEL}.role`];
  if (role !== 'replica' && role !== 'gateway') {
    return undefined;
  }
  const running = state === 'running' || state === 'paused' || state === 'restarting';
  return { id, role, labels, running, ...replicaOf(labels) };
}

/** The number of the replica that has these labels. */
export function replicaOf(labels: Labels): { readonly replica?: number } {
  const number = Number(labels[`${LABEL}.replica`]);
  return labels[`${LABEL}.role`] === 'replica' && Number.isInteger(number) ? { replica: number } : {};
}

/** The start or replacement that a container belongs to. */
export function runOf(labels: Labels): string | undefined {
  return labels[`${LABEL}.run`];
}
