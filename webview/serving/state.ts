import type { Verb } from '../../src/core/serving';
import { isBoolean, isNumber, isString, shape, word } from '../../src/protocol/checks';
import type { StreamForm } from '../../src/core/backend';
import { isStreamForm } from '../../src/protocol/views/console';
import { isRoute, isVerb } from '../../src/protocol/views/endpoint';
import type { RequestRoute } from '../../src/protocol/views/endpoint';
import { isViewRef } from '../../src/protocol/views/basics';
import type { ViewRef } from '../../src/protocol/views/basics';

export type ReplyTab = 'pretty' | 'raw' | 'headers';

/** What the page keeps of its own, over hiding and reloading. */
export interface PageState {
  readonly ref?: ViewRef;
  /** What was typed; undefined until then, so that the sample follows the model. */
  readonly body?: string;
  readonly verb: Verb;
  readonly route?: RequestRoute;
  /** How the reply is asked for; absent: whole. */
  readonly stream?: StreamForm;
  readonly tab: ReplyTab;
  readonly startupOpen: boolean;
  readonly framesOpen: boolean;
  readonly decisionsOpen?: boolean;
  readonly isPaused?: boolean;
  readonly scroll: number;
}

const EMPTY: PageState = {
  verb: 'predict',
  tab: 'pretty',
  startupOpen: false,
  framesOpen: false,
  scroll: 0,
};

const isPageState = shape<PageState>(
  {
    verb: isVerb,
    tab: word('pretty', 'raw', 'headers'),
    startupOpen: isBoolean,
    framesOpen: isBoolean,
    scroll: isNumber,
  },
  {
    ref: isViewRef,
    body: isString,
    decisionsOpen: isBoolean,
    isPaused: isBoolean,
    route: isRoute,
    stream: isStreamForm,
  },
);

/** The kept state, or a first one where there is none that can be read. */
export function toPageState(saved: unknown): PageState {
  return isPageState(saved) ? saved : EMPTY;
}
