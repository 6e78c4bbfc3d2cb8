import type { StateView } from '../../src/protocol/views/basics';
import { h, icon } from './dom';
import type { Child, VElement } from './dom';
import type { Quantity } from './numbers';

/** A state's icon and word; the colour is only on the icon. */
export function state(view: StateView, live = false): VElement {
  return h(
    'span',
    { class: `state ${view.tone}`, attrs: live ? { role: 'status', 'aria-live': 'polite' } : {} },
    icon(view.icon, view.turning ? 'codicon-modifier-spin' : ''),
    view.word,
  );
}

/** A value with its unit dimmed. */
export function quantity({ value, unit }: Quantity): readonly Child[] {
  return [`${value} `, h('span', { class: 'unit' }, unit)];
}

/** A link that does something here: it has no address to go to. */
export function link(text: string, press: () => void, attrs: Readonly<Record<string, string>> = {}): VElement {
  return h(
    'a',
    {
      attrs: { href: '#', ...attrs },
      on: {
        click: (event) => {
          event.preventDefault();
          press();
        },
      },
    },
    text,
  );
}

export interface ButtonProps {
  readonly icon?: string;
  readonly class?: string;
  readonly key?: string;
  readonly attrs?: Readonly<Record<string, string | boolean | undefined>>;
}

/** A secondary button. */
export function button(
  label: string,
  press: () => void,
  { icon: name, class: extra = '', key, attrs = {} }: ButtonProps = {},
): VElement {
  return h(
    'button',
    {
      ...(key === undefined ? {} : { key }),
      class: `btn${extra === '' ? '' : ` ${extra}`}`,
      attrs: { type: 'button', ...attrs },
      on: { click: press },
    },
    name === undefined ? undefined : icon(name),
    label,
  );
}

/** A button that is only an icon; its name says what it is for, with its object. */
export function iconButton(
  name: string,
  label: string,
  press: () => void,
  attrs: Readonly<Record<string, string>> = {},
): VElement {
  return h(
    'button',
    { class: 'icon-btn', attrs: { type: 'button', 'aria-label': label, title: label, ...attrs }, on: { click: press } },
    icon(name),
  );
}

/** An address that breaks after `/` and before `:`, never in a word. */
export function address(url: string): readonly Child[] {
  return url.split(/(?<=\w\/)|(?=:[a-z]+$)/).flatMap((part, index) => (index === 0 ? [part] : [h('wbr', {}), part]));
}
