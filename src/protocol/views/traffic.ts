import { arrayOf, isBoolean, isCount, isNumber, isString, shape } from '../checks';
import type { Check } from '../checks';
import { isLink } from './basics';
import type { LinkTarget } from './basics';

/** One value a step; null where nothing is known. */
export type Values = readonly (number | null)[];

/** Replies with an error within one minute of the clock. */
export interface ErrorBar {
  /** Steps from the beginning, and how many it takes. */
  readonly step: number;
  readonly steps: number;
  readonly server: number;
  readonly client: number;
}

/** Four charts over one common time. Latencies are milliseconds. */
export interface TrafficView {
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
  /** Replies each second. */
  readonly requests: Values;
  readonly p50: Values;
  readonly p95: Values;
  /** Absent where it is not told. */
  readonly inFlight?: Values;
  readonly errors: readonly ErrorBar[];
  /** Whether there was any reply. */
  readonly hasTraffic: boolean;
  /** In all. */
  readonly serverErrors: number;
  readonly clientErrors: number;
  /** The current values, each the mean of the last seconds. */
  readonly now: TrafficNow;
  /** When it was read last, where that is some time ago: milliseconds since 1970. */
  readonly staleSince?: number;
}

export interface TrafficNow {
  readonly requests?: number;
  readonly p50?: number;
  readonly p95?: number;
  readonly inFlight?: number;
  /** Within the last minute. */
  readonly serverErrors: number;
  readonly clientErrors: number;
}

/** What the section says beside its charts. */
export interface TrafficSection {
  /** "last 15 min". */
  readonly note: string;
  /** Why there are no figures of the serving itself, and where they are. */
  readonly text?: string;
  readonly link?: { readonly text: string; readonly target: LinkTarget };
  /** Why its latency is not told. */
  readonly withoutLatency?: string;
}

export const isTrafficSection = shape<TrafficSection>(
  { note: isString },
  {
    text: isString,
    link: shape<NonNullable<TrafficSection['link']>>({ text: isString, target: isLink }, {}),
    withoutLatency: isString,
  },
);

const isValues: Check<Values> = (value): value is Values =>
  Array.isArray(value) && value.every((each) => each === null || isNumber(each));

export const isTraffic = shape<TrafficView>(
  {
    from: isNumber,
    to: isNumber,
    requests: isValues,
    p50: isValues,
    p95: isValues,
    errors: arrayOf(shape<ErrorBar>({ step: isCount, steps: isCount, server: isCount, client: isCount }, {})),
    hasTraffic: isBoolean,
    serverErrors: isCount,
    clientErrors: isCount,
    now: shape<TrafficNow>(
      { serverErrors: isCount, clientErrors: isCount },
      { requests: isNumber, p50: isNumber, p95: isNumber, inFlight: isNumber },
    ),
  },
  { inFlight: isValues, staleSince: isNumber },
);
