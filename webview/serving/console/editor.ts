import { checkJson, prettyJson } from '../../../src/core/jsonText';
import type { JsonProblem } from '../../../src/core/jsonText';
import { coloured } from '../../common/coloured';
import { h, patch } from '../../common/dom';
import type { VElement } from '../../common/dom';

import { t } from '../../common/l10n';
import { keyEdit } from './jsonKeys';
import type { KeyEdit } from './jsonKeys';

/** Longer texts are not coloured, and put in as a whole cannot be undone, in characters: each key would cost too much. */
const LONGEST_COLOURED = 100_000;

export interface EditorEvents {
  typed(text: string): void;
  send(): void;
  cancel(): void;
  /** The request that was sent before the one that is shown, or after it. */
  recall(step: 1 | -1): void;
}

/** The request's body: a text area over a coloured copy of its text. Its text is its own; drawing the page again leaves it alone. */
export class Editor {
  private coloured = '';

  constructor(private readonly events: EditorEvents) {}

  view(text: string, isWrong: boolean): VElement {
    return h(
      'div',
      { key: 'editor', class: 'editor in' },
      h('pre', { keep: true, attrs: { 'aria-hidden': 'true', id: 'coloured' } }),
      h('textarea', {
        key: 'body',
        keep: true,
        attrs: {
          id: 'body',
          'aria-label': t('Request body, JSON'),
          'aria-describedby': 'hint',
          'aria-invalid': isWrong ? 'true' : undefined,
          'aria-keyshortcuts': 'Control+Enter Shift+Alt+F Alt+ArrowUp Alt+ArrowDown',
          spellcheck: 'false',
          autocapitalize: 'off',
          autocomplete: 'off',
          wrap: 'soft',
        },
        set: { value: text },
        on: {
          input: () => {
            this.colour();
            this.events.typed(this.text);
          },
          scroll: () => {
            this.follow();
          },
          keydown: (event) => {
            if (event instanceof KeyboardEvent && !event.isComposing && this.onKey(event)) {
              event.preventDefault();
            }
          },
        },
      }),
    );
  }

  get text(): string {
    return this.area()?.value ?? '';
  }

  /** What is wrong with the text as JSON. */
  check(): JsonProblem | undefined {
    return checkJson(this.text);
  }

  /** Another text in place of this one, so that Undo brings this one back. The focus stays where it is. */
  replace(text: string): void {
    const area = this.area();
    if (area === null || area.value === text) {
      return;
    }
    const focused = document.activeElement;
    area.focus({ preventScroll: true });
    area.select();
    if (text.length > LONGEST_COLOURED || !write(text)) {
      area.value = text;
      this.colour();
      this.events.typed(text);
    }
    area.setSelectionRange(0, 0);
    area.scrollTop = 0;
    if (focused instanceof HTMLElement && focused !== area) {
      focused.focus({ preventScroll: true });
    }
  }

  /** Lays the text out where it is JSON. */
  format(): void {
    const pretty = prettyJson(this.text);
    if (pretty !== undefined) {
      this.replace(`${pretty}\n`);
    }
  }

  /** To be called after each draw. */
  colour(): void {
    const pre = document.getElementById('coloured');
    const area = this.area();
    if (pre === null || area === null) {
      this.coloured = '';
      return;
    }
    const { value } = area;
    const plain = value.length > LONGEST_COLOURED;
    area.classList.toggle('plain', plain);
    if (value !== this.coloured || pre.firstChild === null) {
      this.coloured = value;
      // A last line end would have no height of its own.
      patch(pre, [plain ? [] : coloured(value), '\n']);
      this.follow();
    }
  }

  /** Puts the caret at a place of the text, from 0. */
  goTo(offset: number, length = 1): void {
    const area = this.area();
    area?.focus();
    area?.setSelectionRange(offset, Math.min(offset + length, area.value.length));
  }

  focus(): void {
    this.area()?.focus();
  }

  private area(): HTMLTextAreaElement | null {
    return document.querySelector<HTMLTextAreaElement>('textarea#body');
  }

  private follow(): void {
    const pre = document.getElementById('coloured');
    const area = this.area();
    if (pre !== null && area !== null) {
      pre.scrollTop = area.scrollTop;
    }
  }

  /** Whether the key was for us. */
  private onKey(event: KeyboardEvent): boolean {
    const { key, ctrlKey, metaKey, altKey, shiftKey } = event;
    if (key === 'Enter' && (ctrlKey || metaKey)) {
      this.events.send();
      return true;
    }
    if (key === 'Escape') {
      this.events.cancel();
      return false;
    }
    if (altKey && shiftKey && event.code === 'KeyF') {
      this.format();
      return true;
    }
    if (altKey && !shiftKey && (key === 'ArrowUp' || key === 'ArrowDown')) {
      this.events.recall(key === 'ArrowUp' ? 1 : -1);
      return true;
    }
    const area = this.area();
    if (area === null || ctrlKey || metaKey || (altKey && key.length > 1)) {
      return false;
    }
    const edit = keyEdit(area.value, area.selectionStart, area.selectionEnd, key);
    return edit !== undefined && apply(area, edit);
  }
}

function apply(area: HTMLTextAreaElement, { from, to, insert, caret }: KeyEdit): boolean {
  if (from !== to || insert !== '') {
    area.setSelectionRange(from, to);
    if (!write(insert)) {
      return false;
    }
  }
  area.setSelectionRange(...caret);
  return true;
}

/** As if it were typed: the one way of writing that a text area can undo. */
function write(text: string): boolean {
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- there is nothing else yet that keeps Undo
  return text === '' ? document.execCommand('delete') : document.execCommand('insertText', false, text);
}
