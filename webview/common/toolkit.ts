import { h } from './dom';
import type { VElement } from './dom';

/* The toolkit's two elements, which webview/toolkit registers: to replace it, draw the same here another way. */

export interface Choice {
  readonly value: string;
  readonly label: string;
}

export interface DropdownProps {
  readonly id?: string;
  readonly label: string;
  readonly value: string;
  readonly choices: readonly Choice[];
  readonly choose: (value: string) => void;
}

/** A list to choose one from. */
export function dropdown({ id, label, value, choices, choose }: DropdownProps): VElement {
  return h(
    'vscode-dropdown',
    {
      // Its options are read when it is made: with other options it is another element.
      key: `${label} ${choices.map((choice) => choice.value).join(' ')}`,
      class: 'dropdown',
      attrs: { 'aria-label': label, id },
      set: { value },
      on: {
        change: (event) => {
          choose(currentValue(event));
        },
      },
    },
    choices.map((choice) =>
      h('vscode-option', { attrs: { value: choice.value, selected: choice.value === value } }, choice.label),
    ),
  );
}

function currentValue(event: Event): string {
  const { target } = event;
  return target instanceof HTMLElement && 'value' in target && typeof target.value === 'string' ? target.value : '';
}

export interface PrimaryButtonProps {
  readonly label: string;
  readonly disabled?: boolean;
  readonly keys?: string;
  readonly press: () => void;
}

/** The page's one primary button. */
export function primaryButton({ label, disabled, keys, press }: PrimaryButtonProps): VElement {
  return h(
    'vscode-button',
    {
      class: 'primary-button',
      attrs: { appearance: 'primary', disabled: disabled ?? false, 'aria-keyshortcuts': keys },
      on: { click: press },
    },
    label,
  );
}
