import { arrayOf, isBoolean, isString, shape } from '../checks';
import { isLink } from './basics';
import type { LinkTarget } from './basics';

export interface ConfigurationRow {
  readonly label: string;
  readonly text: string;
  /** The text, or its last word `linkText`, leads there. */
  readonly link?: LinkTarget;
  readonly linkText?: string;
  readonly code: boolean;
  /** What differs from what runs. */
  readonly difference?: string;
  /** Whether both can be shown side by side. */
  readonly canCompare?: boolean;
}

export interface ConfigurationView {
  /** Path of the definition below the workspace folder, or its name. */
  readonly file?: string;
  readonly rows: readonly ConfigurationRow[];
  /** Whether a restart takes up what differs. */
  readonly canRestart: boolean;
}

export const isConfiguration = shape<ConfigurationView>(
  {
    rows: arrayOf(
      shape<ConfigurationRow>(
        { label: isString, text: isString, code: isBoolean },
        { link: isLink, linkText: isString, difference: isString, canCompare: isBoolean },
      ),
    ),
    canRestart: isBoolean,
  },
  { file: isString },
);
