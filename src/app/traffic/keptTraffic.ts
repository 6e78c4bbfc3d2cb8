import { isObject } from '../../core/objects';
import type { Histogram, TrafficReading } from '../../core/traffic';
import { STEP_MS, STEPS, type Step } from './history';
import type { ServingTraffic } from './servingTraffic';

/** Where something is kept for this workspace over a reload of the window. */
export interface Kept {
  get(key: string): unknown;
  update(key: string, value: unknown): Thenable<void>;
}

/** As it is kept: short, since it is up to 180 steps for each serving. */
interface KeptServing {
  readonly bounds?: readonly number[];
  readonly steps: readonly KeptStep[];
  readonly last?: { readonly reading: TrafficReading; readonly at: number };
}
/** Step, seconds, replies, client errors, server errors, in flight or null, counts of the latency or null. */
type KeptStep = readonly [number, number, number, number, number, number | null, readonly number[] | null];

export function toKept(traffic: ServingTraffic): KeptServing {
  const entries = traffic.history.entries();
  const bounds = entries.findLast(([, { latency }]) => latency)?.[1].latency?.bounds;
  const last = traffic.lastReading;
  return {
    ...(bounds ? { bounds } : {}),
    steps: entries.map(([step, { seconds, replies, clientErrors, serverErrors, inFlight, latency }]) => [
      step,
      short(seconds),
      short(replies),
      clientErrors,
      serverErrors,
      inFlight ?? null,
      latency && latency.bounds.length === bounds?.length ? latency.counts.map(short) : null,
    ]),
    ...(last ? { last } : {}),
  };
}

/** Total: what is not of this form, or too old, is left out. */
export function restore(traffic: ServingTraffic, kept: unknown, now: number): void {
  if (!isObject(kept)) {
    return;
  }
  const bounds = isNumbers(kept.bounds) ? kept.bounds : undefined;
  const first = Math.floor(now / STEP_MS) - STEPS + 1;
  const steps = (Array.isArray(kept.steps) ? (kept.steps as unknown[]) : []).flatMap((each) => {
    const step = toStep(each, bounds);
    return step && step[0] >= first && step[0] * STEP_MS <= now ? [step] : [];
  });
  const last = isObject(kept.last) && isReading(kept.last.reading) && isNumber(kept.last.at) ? kept.last : undefined;
  traffic.restore(steps, last as KeptServing['last']);
}

function toStep(value: unknown, bounds: readonly number[] | undefined): readonly [number, Step] | undefined {
  if (!Array.isArray(value) || !isNumbers(value.slice(0, 5))) {
    return undefined;
  }
  const [step, seconds, replies, clientErrors, serverErrors, inFlight, counts] = value as unknown as KeptStep;
  const latency: Histogram | undefined =
    bounds && isNumbers(counts) && counts.length === bounds.length + 1 ? { bounds, counts } : undefined;
  return [
    step,
    {
      seconds,
      replies,
      clientErrors,
      serverErrors,
      ...(isNumber(inFlight) ? { inFlight } : {}),
      ...(latency ? { latency } : {}),
    },
  ];
}

function isReading(value: unknown): value is TrafficReading {
  return (
    isObject(value) &&
    typeof value.source === 'string' &&
    isNumbers([value.replies, value.clientErrors, value.serverErrors, value.inFlight]) &&
    (value.latency === undefined || isHistogram(value.latency)) &&
    Array.isArray(value.replicas) &&
    value.replicas.every(
      (each: unknown) =>
        isObject(each) &&
        isNumber(each.number) &&
        typeof each.source === 'string' &&
        (each.latency === undefined || isHistogram(each.latency)),
    )
  );
}

function isHistogram(value: unknown): value is Histogram {
  return isObject(value) && isNumbers(value.bounds) && isNumbers(value.counts);
}

function isNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every(isNumber);
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function short(value: number): number {
  return Math.round(value * 1000) / 1000;
}
