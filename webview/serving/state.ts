import type { Verb } from '../../src/core/serving';
import { arrayOf, isBoolean, isCount, isNumber, isString, shape, word } from '../../src/protocol/checks';
import { isRoute } from '../../src/protocol/views/endpoint';
import type { RequestRoute } from '../../src/protocol/views/endpoint';
import { isViewRef } from '../../src/protocol/views/basics';
import type { PredictReply } from '../../src/protocol/servingPanel';
import type { ViewRef } from '../../src/protocol/views/basics';

export type ReplyTab = 'pretty' | 'raw' | 'headers';

/** One request that was sent in this session. */
export interface Sent {
  /** When, milliseconds since 1970. */
  readonly at: number;
  readonly verb: Verb;
  readonly body: string;
  /** What it was about, in words: "3 rows". */
  readonly what: string;
  readonly status: number;
  readonly latencyMs: number;
  readonly bytes: number;
  readonly request?: string;
}

/** What the page keeps of its own, over hiding and reloading. */
export interface PageState {
  readonly ref?: ViewRef;
  /** What was typed; undefined until then, so that the sample follows the model. */
  readonly body?: string;
  readonly verb: Verb;
  readonly route?: RequestRoute;
  readonly tab: ReplyTab;
  readonly startupOpen: boolean;
  readonly framesOpen: boolean;
  readonly decisionsOpen?: boolean;
  readonly isPaused?: boolean;
  readonly scroll: number;
  readonly history: readonly Sent[];
}

const EMPTY: PageState = {
  verb: 'predict',
  tab: 'pretty',
  startupOpen: false,
  framesOpen: false,
  scroll: 0,
  history: [],
};
const LONGEST_HISTORY = 20;
/** Longer bodies are not kept in the history, in characters: the state is written at each change. */
const LONGEST_BODY = 20_000;

const isVerb = word<Verb>('predict', 'classify', 'regress');
const isSent = shape<Sent>(
  { at: isNumber, verb: isVerb, body: isString, what: isString, status: isCount, latencyMs: isNumber, bytes: isCount },
  { request: isString },
);
const isPageState = shape<PageState>(
  {
    verb: isVerb,
    tab: word('pretty', 'raw', 'headers'),
    startupOpen: isBoolean,
    framesOpen: isBoolean,
    scroll: isNumber,
    history: arrayOf(isSent),
  },
  { ref: isViewRef, body: isString, decisionsOpen: isBoolean, isPaused: isBoolean, route: isRoute },
);

/** The kept state, or a first one where there is none that can be read. */
export function toPageState(saved: unknown): PageState {
  return isPageState(saved) ? saved : EMPTY;
}

/** The history with one more request, the newest first. */
export function withSent(history: readonly Sent[], sent: Sent): readonly Sent[] {
  const kept = sent.body.length > LONGEST_BODY ? { ...sent, body: '' } : sent;
  return [kept, ...history].slice(0, LONGEST_HISTORY);
}

/** What a request was about: how many rows it had, or what the server said was wrong with it. */
export function describe(body: string, reply: PredictReply): string {
  const rows = rowCount(body);
  const size = rows === undefined ? 'no rows' : rows === 1 ? '1 row' : `${String(rows)} rows`;
  const reason = reply.status < 400 ? undefined : errorText(reply.body);
  return reason === undefined ? size : `${reason} · ${size}`;
}

function rowCount(body: string): number | undefined {
  const value = parse(body);
  const inputs = value?.inputs ?? value?.instances;
  return inputs === undefined ? undefined : Array.isArray(inputs) ? inputs.length : 1;
}

function errorText(body: string): string | undefined {
  const error = parse(body)?.error;
  return typeof error === 'string' ? error : undefined;
}

function parse(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : undefined;
  } catch {
    return undefined;
  }
}
