import type { Histogram, ReplicaReading, TrafficReading } from '../../../src/core/traffic';

export const BOUNDS = [0.001, 0.01, 0.1];

export function latency(...counts: readonly number[]): Histogram {
  return { bounds: BOUNDS, counts };
}

export function reading(part: Partial<TrafficReading> = {}): TrafficReading {
  return { source: 'run 1', replies: 0, clientErrors: 0, serverErrors: 0, inFlight: 0, replicas: [], ...part };
}

export function replica(number: number, part: Partial<ReplicaReading> = {}): ReplicaReading {
  return { number, source: `container ${String(number)}`, requests: 0, ...part };
}
