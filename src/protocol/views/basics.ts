import { isBoolean, isNumber, isString, shape, word } from '../checks';
import type { Check } from '../checks';

/** What a panel is about; kept in the page's state so that it can be restored. */
export interface ViewRef {
  readonly backend: string;
  readonly name: string;
}

export const isViewRef = shape<ViewRef>({ backend: isString, name: isString }, {});

/** A sentence in pieces: the page writes times by the reader's clock and keeps durations up to date. Times are milliseconds since 1970. */
export type TextPart =
  | string
  | { readonly kind: 'time'; readonly at: number }
  /** How long from then to the present: "2 h 14 min". */
  | { readonly kind: 'since'; readonly at: number }
  /** The same in one unit, "2 min"; the word "ago" is in the text. */
  | { readonly kind: 'ago'; readonly at: number }
  | { readonly kind: 'count'; readonly value: number }
  /** Milliseconds: "4.1 ms". */
  | { readonly kind: 'latency'; readonly value: number };

const isTimePart = shape<{ kind: 'time' | 'since' | 'ago'; at: number }>(
  { kind: word('time', 'since', 'ago'), at: isNumber },
  {},
);

const isCountPart = shape<{ kind: 'count' | 'latency'; value: number }>(
  { kind: word('count', 'latency'), value: isNumber },
  {},
);

export const isTextPart: Check<TextPart> = (value): value is TextPart =>
  isString(value) || isTimePart(value) || isCountPart(value);

/** Where a link of the page leads. */
export type LinkTarget =
  | 'script'
  /** The script beside the one that runs. */
  | 'compareScript'
  /** … beside the one of the last good run. */
  | 'compareLastGood'
  | 'definition'
  | 'requirements'
  | 'artifact'
  | 'model'
  | 'app'
  | 'docs'
  | 'metrics'
  | 'status'
  | 'ready'
  /** The page of Hopsworks that is about it, and its search in the logs. */
  | 'hopsworks'
  | 'hopsworksLogs'
  /** The records of its predictions. */
  | 'inferenceLog'
  /** The file that has them. */
  | 'inferenceLogFile';

const LINK_TARGETS: readonly LinkTarget[] = [
  'script',
  'compareScript',
  'compareLastGood',
  'definition',
  'requirements',
  'artifact',
  'model',
  'app',
  'docs',
  'metrics',
  'status',
  'ready',
  'hopsworks',
  'hopsworksLogs',
  'inferenceLog',
  'inferenceLogFile',
];

export const isLink = word(...LINK_TARGETS);

/** The class of a state's icon: the colour is only there. */
export type Tone = 'running' | 'busy' | 'failed' | 'unknown' | 'degraded' | 'stopped' | 'idle';

export interface StateView {
  readonly word: string;
  readonly icon: string;
  readonly turning: boolean;
  readonly tone: Tone;
}

export const isState = shape<StateView>(
  {
    word: isString,
    icon: isString,
    turning: isBoolean,
    tone: word('running', 'busy', 'failed', 'unknown', 'degraded', 'stopped', 'idle'),
  },
  {},
);

export interface RemedyView {
  readonly label: string;
  readonly icon?: string;
}

export const isRemedy = shape<RemedyView>({ label: isString }, { icon: isString });
