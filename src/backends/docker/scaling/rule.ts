import { replicas as count } from '../../../core/counts';
import { t } from '../../../core/l10n';
import type { ScalingChange, ScalingRule, ScalingThresholds } from '../../../core/gateway';

/** One look at a serving's gateway. */
export interface LoadSample {
  /** Milliseconds, by any clock that only goes on. */
  readonly at: number;
  /** Requests that are being answered or wait for a replica. */
  readonly inFlight: number;
  /** Replicas that take requests. */
  readonly ready: number;
}

export interface ScalingInput {
  /** Oldest first; what is older than `keptSeconds` is of no use. */
  readonly samples: readonly LoadSample[];
  /** How many replicas there are to be now. */
  readonly replicas: number;
  readonly min: number;
  readonly max: number;
  /** By the clock of the samples. */
  readonly now: number;
  /** When the number of replicas was last changed, by whomever. */
  readonly changedAt?: number;
  /** Replicas are being replaced, started or stopped. */
  readonly isChanging: boolean;
}

export const THRESHOLDS: ScalingThresholds = {
  inFlight: 4,
  upSeconds: 2,
  downShare: 0.6,
  downSeconds: 60,
  pauseSeconds: 5,
};

/** Between two samples; after a longer gap, what was before says nothing. */
const LONGEST_GAP_MS = 3500;
/** Requests come in clumps: fewer replicas are enough when they are enough for the mean of this time. */
const SMOOTH_MS = 5000;
/** Replicas that do not get ready do not keep others from being started for longer than this. */
const READY_MS = 30_000;

/** The rule in words. */
export function ruleText({
  inFlight,
  upSeconds,
  downShare,
  downSeconds,
  pauseSeconds,
}: ScalingThresholds): ScalingRule {
  return {
    more: t(
      'More replicas when each has more than {0} requests in flight for {1} s, at most twice as many at once.',
      inFlight,
      upSeconds,
    ),
    fewer: t(
      'One fewer when the others would have had less than {0} each for {1} s.',
      figure(inFlight * downShare),
      downSeconds,
    ),
    pause: t('At least {0} s between two changes; none while replicas are replaced.', pauseSeconds),
  };
}

/** Seconds for which samples are of use. */
export function keptSeconds({ upSeconds, downSeconds }: ScalingThresholds): number {
  return Math.max(upSeconds, downSeconds) + (SMOOTH_MS + LONGEST_GAP_MS) / 1000;
}

/** What follows from the load; undefined: nothing is to be changed. */
export function decide(
  input: ScalingInput,
  thresholds: ScalingThresholds = THRESHOLDS,
): Omit<ScalingChange, 'at'> | undefined {
  const { replicas, min, max, isChanging } = input;
  if (isChanging) {
    return undefined;
  }
  if (replicas < min) {
    return change(replicas, min, t('at least {0} asked for', count(min)));
  }
  if (replicas > max) {
    return change(replicas, max, t('at most {0} asked for', count(max)));
  }
  const { now, changedAt } = input;
  if (changedAt !== undefined && now - changedAt < thresholds.pauseSeconds * 1000) {
    return undefined;
  }
  const samples = unbroken(
    input.samples.filter(({ at }) => changedAt === undefined || at >= changedAt),
    now,
  );
  return moreOf(samples, input, thresholds) ?? fewerOf(samples, input, thresholds);
}

function moreOf(
  samples: readonly LoadSample[],
  { replicas, max, now, changedAt }: ScalingInput,
  { inFlight, upSeconds }: ScalingThresholds,
): Omit<ScalingChange, 'at'> | undefined {
  const recent = lastSeconds(samples, upSeconds, now);
  if (replicas >= max || recent === undefined) {
    return undefined;
  }
  const last = recent[recent.length - 1];
  const mayGetReady =
    last !== undefined && last.ready < replicas && changedAt !== undefined && now - changedAt < READY_MS;
  if (mayGetReady || !recent.every((sample) => perReplica(sample) > inFlight)) {
    return undefined;
  }
  const wanted = Math.ceil(mean(recent.map((sample) => sample.inFlight)) / inFlight);
  const to = Math.min(Math.max(wanted, replicas + 1), replicas * 2, max);
  const each = figure(mean(recent.map(perReplica)));
  return change(
    replicas,
    to,
    t('{0} requests in flight per replica for {1} s (more than {2})', each, upSeconds, inFlight),
  );
}

function fewerOf(
  samples: readonly LoadSample[],
  { replicas, min, now }: ScalingInput,
  { inFlight, downShare, downSeconds }: ScalingThresholds,
): Omit<ScalingChange, 'at'> | undefined {
  const recent = lastSeconds(samples, downSeconds, now);
  if (replicas <= Math.max(min, 1) || recent === undefined) {
    return undefined;
  }
  const limit = inFlight * downShare;
  const most = Math.max(...smoothed(recent).map((flying) => flying / (replicas - 1)));
  return most < limit
    ? change(
        replicas,
        replicas - 1,
        t(
          'for {0} s, {1} would have had at most {2} requests in flight each (less than {3})',
          downSeconds,
          count(replicas - 1),
          figure(most),
          figure(limit),
        ),
      )
    : undefined;
}

/** A replica that is not ready takes nothing: its share waits. With none, all wait for one. */
function perReplica({ inFlight, ready }: LoadSample): number {
  return inFlight / Math.max(ready, 1);
}

/** The samples up to now, from the last gap on. */
function unbroken(samples: readonly LoadSample[], now: number): readonly LoadSample[] {
  let next = now;
  let first = samples.length;
  while (first > 0) {
    const at = samples[first - 1]?.at ?? 0;
    if (next - at > LONGEST_GAP_MS) {
      break;
    }
    next = at;
    first--;
  }
  return samples.slice(first);
}

/** Undefined when they do not reach back so far. */
function lastSeconds(samples: readonly LoadSample[], seconds: number, now: number): readonly LoadSample[] | undefined {
  const from = now - seconds * 1000;
  const [oldest] = samples;
  return oldest !== undefined && oldest.at <= from ? samples.filter(({ at }) => at >= from) : undefined;
}

/** Requests in flight as the mean of the time before each sample. */
function smoothed(samples: readonly LoadSample[]): readonly number[] {
  let first = 0;
  let sum = 0;
  return samples.map(({ at, inFlight }, index) => {
    sum += inFlight;
    for (let old = samples[first]; old !== undefined && old.at < at - SMOOTH_MS; old = samples[first]) {
      sum -= old.inFlight;
      first++;
    }
    return sum / (index - first + 1);
  });
}

function change(from: number, to: number, why: string): Omit<ScalingChange, 'at'> {
  return { from, to, reason: `${from} → ${to}: ${why}` };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(values.length, 1);
}

/** 12.5, 4, 0.3. */
function figure(value: number): string {
  return String(Math.round(value * 10) / 10);
}
