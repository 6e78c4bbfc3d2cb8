import { h, patch } from '../common/dom';
import type { VElement } from '../common/dom';
import { checkJson, tokens } from '../common/json';
import type { JsonProblem } from '../common/json';

/** Longer texts are not coloured, in characters: each key would cost too much. */
const LONGEST_COLOURED = 100_000;

export interface EditorEvents {
  typed(text: string): void;
  send(): void;
  cancel(): void;
}

/** The request's body: a text area over a coloured copy of its text. Its text is its own; drawing the page again leaves it alone. */
export class Editor {
  private coloured = '';

  constructor(private readonly events: EditorEvents) {}

  view(text: string, problem: JsonProblem | undefined): VElement {
    return h(
      'div',
      { key: 'editor', class: 'editor in' },
      h('pre', { keep: true, attrs: { 'aria-hidden': 'true', id: 'coloured' } }),
      h('textarea', {
        key: 'body',
        keep: true,
        attrs: {
          id: 'body',
          'aria-label': 'Request body, JSON',
          'aria-describedby': 'hint',
          'aria-invalid': problem === undefined ? undefined : 'true',
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
            this.onKey(event);
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
      const pieces = plain
        ? []
        : tokens(value).map((token) =>
            token.kind === 'plain' ? token.text : h('span', { class: `tk-${token.kind}` }, token.text),
          );
      // A last line end would have no height of its own.
      patch(pre, [pieces, '\n']);
    }
    this.follow();
  }

  /** Puts the caret at a place of the text, from 0. */
  goTo(offset: number): void {
    const area = this.area();
    area?.focus();
    area?.setSelectionRange(offset, Math.min(offset + 1, area.value.length));
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

  private onKey(event: Event): void {
    if (!(event instanceof KeyboardEvent)) {
      return;
    }
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      this.events.send();
    } else if (event.key === 'Escape') {
      this.events.cancel();
    }
  }
}
