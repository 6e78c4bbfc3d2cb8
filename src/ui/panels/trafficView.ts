import { STEP_MS, STEPS, type Step } from '../../app/traffic/history';
import type { Traffic } from '../../app/traffic/servingTraffic';
import { t } from '../../core/l10n';
import type { Serving } from '../../core/serving';
import { quantileOf, sumOf, type Histogram } from '../../core/traffic';
import type { ErrorBar, TrafficNow, TrafficSection, TrafficView, Values } from '../../protocol/views/traffic';

type Steps = readonly (Step | undefined)[];

/** A quantile of few requests says little: it is of the last so many steps, 30 s. */
const LATENCY_STEPS = 6;
/** The current rate is of so many steps, 15 s. */
const RATE_STEPS = 3;
const MINUTE_STEPS = 60_000 / STEP_MS;
/** Longer without a reading is worth to be said. */
const STALE_MS = 20_000;
/** A share of a step below this says nothing of its rate, in seconds. */
const LEAST_SECONDS = 0.5;

/** What the section says; undefined: there is nothing to be measured now. */
export function toTrafficSection(
  serving: Serving,
  traffic: Traffic | undefined,
  counts: boolean,
): TrafficSection | undefined {
  const { state, kind } = serving;
  if (state !== 'running' && state !== 'idle' && state !== 'updating') {
    return undefined;
  }
  if (counts) {
    const hasReplies = traffic?.steps.some((step) => step !== undefined && step.replies >= 1) === true;
    const hasLatency = traffic?.steps.some((step) => step?.latency) === true;
    return hasReplies && !hasLatency
      ? { note: t('last 15 min'), withoutLatency: t('Not told before the next start') }
      : { note: t('last 15 min') };
  }
  const note = t('what this editor sent, last 15 min');
  return kind === 'hopsworks'
    ? {
        note,
        text: t('The API of Hopsworks tells no figures of a serving.'),
        link: { text: t('Its page in Hopsworks has them.'), target: 'hopsworks' },
      }
    : { note, text: t('It tells no figures of its own.') };
}

/** The charts; undefined while nothing is known, or nothing was sent from here. */
export function toTraffic(traffic: Traffic | undefined, now: number): TrafficView | undefined {
  if (traffic === undefined) {
    return undefined;
  }
  const { steps, end, by, readAt } = traffic;
  const isOwn = by === 'editor';
  if (isOwn && !hasReplies(steps)) {
    return undefined;
  }
  const latency = steps.map((_, index) => latencyOf(steps.slice(Math.max(0, index - LATENCY_STEPS + 1), index + 1)));
  const milliseconds = (share: number): Values => latency.map((each) => rounded(each && quantileOf(each, share), 1000));
  const isStale = readAt !== undefined && now - readAt > STALE_MS;
  return {
    from: end - STEPS * STEP_MS,
    to: end,
    requests: steps.map((step) => rounded(rateOf([step], isOwn))),
    p50: milliseconds(0.5),
    p95: milliseconds(0.95),
    ...(isOwn ? {} : { inFlight: steps.map((step) => step?.inFlight ?? null) }),
    errors: errorBars(steps, end),
    hasTraffic: hasReplies(steps),
    serverErrors: sum(steps, ({ serverErrors }) => serverErrors),
    clientErrors: sum(steps, ({ clientErrors }) => clientErrors),
    now: toNow(traffic, isOwn),
    ...(isStale ? { staleSince: readAt } : {}),
  };
}

/** What the sentence on its health is made of. */
export interface Usage {
  readonly replies: number;
  readonly failed: number;
  readonly p95Ms?: number;
  /** Within the last minute. */
  readonly lastMinute: { readonly replies: number; readonly failed: number };
}

/** Undefined where the serving does not tell, or nothing was asked. */
export function toUsage(traffic: Traffic | undefined): Usage | undefined {
  if (traffic?.by !== 'serving' || !hasReplies(traffic.steps)) {
    return undefined;
  }
  const count = (steps: Steps): { replies: number; failed: number } => ({
    replies: Math.round(sum(steps, ({ replies }) => replies)),
    failed: sum(steps, ({ serverErrors }) => serverErrors),
  });
  const all = latencyOf(traffic.steps);
  const p95 = all && quantileOf(all, 0.95);
  return {
    ...count(traffic.steps),
    ...(p95 === undefined ? {} : { p95Ms: p95 * 1000 }),
    lastMinute: count(traffic.steps.slice(-MINUTE_STEPS)),
  };
}

function toNow({ steps, inFlight }: Traffic, isOwn: boolean): TrafficNow {
  const latency = latencyOf(steps.slice(-LATENCY_STEPS));
  const values = {
    requests: rounded(rateOf(steps.slice(-RATE_STEPS), isOwn)),
    p50: rounded(latency && quantileOf(latency, 0.5), 1000),
    p95: rounded(latency && quantileOf(latency, 0.95), 1000),
    inFlight: inFlight ?? null,
  };
  const known = Object.entries(values).filter(([, value]) => value !== null);
  const minute = steps.slice(-MINUTE_STEPS);
  return {
    ...(Object.fromEntries(known) as Omit<TrafficNow, 'serverErrors' | 'clientErrors'>),
    serverErrors: sum(minute, ({ serverErrors }) => serverErrors),
    clientErrors: sum(minute, ({ clientErrors }) => clientErrors),
  };
}

/** Replies each second. What this editor sent is known for the whole time. */
function rateOf(steps: Steps, isOwn: boolean): number | undefined {
  const seconds = isOwn ? (steps.length * STEP_MS) / 1000 : sum(steps, (step) => step.seconds);
  return seconds < LEAST_SECONDS ? undefined : sum(steps, ({ replies }) => replies) / seconds;
}

function latencyOf(steps: Steps): Histogram | undefined {
  let all: Histogram | undefined;
  for (const step of steps) {
    if (step?.latency) {
      all = all ? sumOf(all, step.latency) : step.latency;
    }
  }
  return all;
}

/** By the minutes of the clock, so that a bar stays what it is while it moves. */
function errorBars(steps: Steps, end: number): readonly ErrorBar[] {
  const first = end / STEP_MS - steps.length;
  const bars = new Map<number, ErrorBar>();
  steps.forEach((step, index) => {
    if (step !== undefined && step.serverErrors + step.clientErrors > 0) {
      const minute = Math.floor((first + index) / MINUTE_STEPS);
      const begin = Math.max(0, minute * MINUTE_STEPS - first);
      const until = Math.min(steps.length, (minute + 1) * MINUTE_STEPS - first);
      const before = bars.get(minute);
      bars.set(minute, {
        step: begin,
        steps: until - begin,
        server: (before?.server ?? 0) + step.serverErrors,
        client: (before?.client ?? 0) + step.clientErrors,
      });
    }
  });
  return [...bars.values()];
}

function hasReplies(steps: Steps): boolean {
  return sum(steps, ({ replies }) => replies) >= 0.5;
}

function sum(steps: Steps, of: (step: Step) => number): number {
  return steps.reduce((all, step) => all + (step ? of(step) : 0), 0);
}

/** Short, as it is sent again and again. */
function rounded(value: number | undefined, factor = 1): number | null {
  return value === undefined ? null : Math.round(value * factor * 100) / 100;
}
