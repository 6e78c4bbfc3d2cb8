import { arrayOf, isBoolean, isString, shape } from '../checks';
import { isLink, isState, isTextPart } from './basics';
import type { LinkTarget, StateView, TextPart } from './basics';

export interface InferenceLogRow {
  readonly label: string;
  readonly parts: readonly TextPart[];
  /** A name as machines have it. */
  readonly code: boolean;
  /** At the end of the row. */
  readonly link?: { readonly text: string; readonly target: LinkTarget };
  /** What is to be done about it. */
  readonly remedy?: string;
}

/** What becomes of the records of predictions. */
export interface InferenceLogView {
  /** Absent while it is not known. */
  readonly state?: StateView;
  /** Shows the records. */
  readonly view?: { readonly text: string; readonly target: LinkTarget };
  readonly rows: readonly InferenceLogRow[];
  /** Why there are none. */
  readonly note?: string;
}

const isLinkView = shape<{ readonly text: string; readonly target: LinkTarget }>(
  { text: isString, target: isLink },
  {},
);

export const isInferenceLog = shape<InferenceLogView>(
  {
    rows: arrayOf(
      shape<InferenceLogRow>(
        { label: isString, parts: arrayOf(isTextPart), code: isBoolean },
        { link: isLinkView, remedy: isString },
      ),
    ),
  },
  { state: isState, view: isLinkView, note: isString },
);
