import { h, icon } from '../common/dom';
import type { VElement } from '../common/dom';
import { t } from '../common/l10n';
import { iconButton } from '../common/text';
import type { Filter, FilterChange } from './filter';

export interface SearchView {
  readonly filter: Filter;
  /** "3 of 17". */
  readonly found: string;
  readonly problem: string | undefined;
}

export interface SearchDeeds {
  readonly change: (part: FilterChange) => void;
  readonly next: (step: 1 | -1) => void;
}

/** The field for what is searched, with how and with how many matches. */
export function searchField({ filter, found, problem }: SearchView, deeds: SearchDeeds): VElement {
  const toggle = (name: string, label: string, part: 'matchCase' | 'regex' | 'onlyMatching'): VElement =>
    h(
      'button',
      {
        key: part,
        class: 'toggle',
        attrs: { type: 'button', 'aria-pressed': String(filter[part]), 'aria-label': label, title: label },
        on: {
          click: () => {
            deeds.change({ [part]: !filter[part] });
          },
        },
      },
      icon(name),
    );
  return h(
    'div',
    { class: 'field find', attrs: { role: 'search' } },
    icon('search'),
    h('input', {
      set: { value: filter.text },
      attrs: {
        id: 'search',
        type: 'text',
        'aria-label': t('Search in log'),
        placeholder: t('Search'),
        spellcheck: 'false',
        autocomplete: 'off',
        'aria-invalid': problem === undefined ? undefined : 'true',
      },
      on: {
        input: (event) => {
          if (event.target instanceof HTMLInputElement) {
            deeds.change({ text: event.target.value });
          }
        },
        keydown: (event) => {
          onKey(event, filter, deeds);
        },
      },
    }),
    h('span', { class: 'count num', attrs: { role: 'status', 'aria-live': 'polite' } }, found),
    iconButton('arrow-up', t('Previous match'), () => {
      deeds.next(-1);
    }),
    iconButton('arrow-down', t('Next match'), () => {
      deeds.next(1);
    }),
    toggle('case-sensitive', t('Match case'), 'matchCase'),
    toggle('regex', t('Use regular expression'), 'regex'),
    toggle('filter', t('Show only matching lines'), 'onlyMatching'),
  );
}

function onKey(event: Event, filter: Filter, deeds: SearchDeeds): void {
  if (!(event instanceof KeyboardEvent)) {
    return;
  }
  if (event.key === 'Enter') {
    event.preventDefault();
    deeds.next(event.shiftKey ? -1 : 1);
  } else if (event.key === 'Escape' && filter.text !== '') {
    event.preventDefault();
    deeds.change({ text: '' });
  }
}
