import { arrayOf, either, isString, shape, word } from '../checks';
import { isTextPart } from './basics';
import type { TextPart } from './basics';

/** What a button of the page does; the words are core's actions plus what only the panel offers. */
export type PanelAction =
  | 'start'
  | 'stop'
  | 'restart'
  | 'edit'
  | 'raiseMemory'
  | 'makeWay'
  | 'logs'
  | 'moveTo'
  | 'openShell'
  | 'openInHopsworks'
  | 'adopt'
  | 'remove'
  | 'openEndpoint'
  | 'openDefinition'
  | 'openScript';

const PANEL_ACTIONS: readonly PanelAction[] = [
  'start',
  'stop',
  'restart',
  'edit',
  'raiseMemory',
  'makeWay',
  'logs',
  'moveTo',
  'openShell',
  'openInHopsworks',
  'adopt',
  'remove',
  'openEndpoint',
  'openDefinition',
  'openScript',
];

export const isAction = word(...PANEL_ACTIONS);

export interface ActionView {
  readonly action: PanelAction;
  readonly label: string;
  readonly icon: string;
  /** `bar`: always in the header; `wide`: in More where the page is narrow; `more`: in More. */
  readonly place: 'bar' | 'wide' | 'more';
}

export const isActionView = shape<ActionView>(
  { action: isAction, label: isString, icon: isString, place: word('bar', 'wide', 'more') },
  {},
);

export interface HealthView {
  readonly parts: readonly TextPart[];
  /** The one thing to act on, as a link at the end. */
  readonly act?: { readonly text: string; readonly to: 'differences' | 'test' | 'replicas' | PanelAction };
}

export const isHealth = shape<HealthView>(
  { parts: arrayOf(isTextPart) },
  {
    act: shape<NonNullable<HealthView['act']>>(
      { text: isString, to: either(word('differences', 'test', 'replicas'), isAction) },
      {},
    ),
  },
);
