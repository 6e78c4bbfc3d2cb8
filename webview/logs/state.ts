import { arrayOf, either, isBoolean, isCount, isNumber, isString, shape, word } from '../../src/protocol/checks';
import type { LogLevel } from '../../src/protocol/logPanel';
import { isViewRef } from '../../src/protocol/views/basics';
import type { ViewRef } from '../../src/protocol/views/basics';
import { NO_FILTER } from './filter';
import type { FieldRule, Filter } from './filter';

/** What the page keeps of its own, over hiding and reloading. */
export interface PageState {
  readonly ref?: ViewRef;
  readonly filter: Filter;
  readonly follow: boolean;
  /** Undefined: as the width of the page asks. */
  readonly wrap?: boolean;
  /** Times as how long ago. */
  readonly relative?: boolean;
  /** Time of the line at the top when it does not follow, milliseconds since 1970. */
  readonly topTime?: number;
}

const isRule = shape<FieldRule>({ field: isString, value: isString, out: isBoolean }, {});
const isFilter = shape<Filter>(
  {
    off: arrayOf(word<LogLevel>('DEBUG', 'INFO', 'WARN', 'ERROR')),
    text: isString,
    matchCase: isBoolean,
    regex: isBoolean,
    onlyMatching: isBoolean,
  },
  {
    request: isString,
    replica: either(isCount, word('none')),
    clearedAt: isNumber,
    from: isNumber,
    to: isNumber,
    rules: arrayOf(isRule),
  },
);
const isPageState = shape<PageState>(
  { filter: isFilter, follow: isBoolean },
  { ref: isViewRef, wrap: isBoolean, relative: isBoolean, topTime: isNumber },
);

/** The kept state, or a first one where there is none that can be read. */
export function toPageState(saved: unknown): PageState {
  return isPageState(saved) ? saved : { filter: NO_FILTER, follow: true };
}
