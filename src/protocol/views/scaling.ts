import { arrayOf, isBoolean, isCount, isNumber, isString, shape } from '../checks';
import { isTextPart } from './basics';
import type { TextPart } from './basics';

/** One line of the rule: "Up", "when …". */
export interface RuleView {
  readonly label: string;
  readonly parts: readonly TextPart[];
}

export interface DecisionView {
  readonly at: number;
  readonly from: number;
  readonly to: number;
  readonly reason: string;
}

/** How the number of replicas follows the load. */
export interface ScalingView {
  /** "3 replicas, from 1 to 6", or that the number is fixed. */
  readonly note: string;
  /** Whether more can be asked for in the definition from here. */
  readonly canEdit: boolean;
  /** Why nothing is decided now. */
  readonly idle?: string;
  /** Number and load now, then the rule; empty where the number is fixed. */
  readonly rows: readonly RuleView[];
  /** Newest first. */
  readonly decisions: readonly DecisionView[];
}

export const isScaling = shape<ScalingView>(
  {
    note: isString,
    canEdit: isBoolean,
    rows: arrayOf(shape<RuleView>({ label: isString, parts: arrayOf(isTextPart) }, {})),
    decisions: arrayOf(shape<DecisionView>({ at: isNumber, from: isCount, to: isCount, reason: isString }, {})),
  },
  { idle: isString },
);
