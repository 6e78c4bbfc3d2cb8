import { h, icon } from './dom';
import type { VElement } from './dom';

export interface MenuItem {
  readonly label: string;
  readonly icon: string;
  /** Classes of the item: where it shows. */
  readonly class?: string;
  /** Stands after a line. */
  readonly apart: boolean;
  pick(): void;
}

/** A button that opens a menu under itself: arrows, Home, End, first letters; Escape and Tab close. */
export class Menu {
  private open = false;

  /**
   * @param draw draws the page again.
   * @param text what the button says; without it, it is the icon for more.
   */
  constructor(
    private readonly id: string,
    private readonly label: string,
    private readonly draw: () => void,
    private readonly text?: () => string,
  ) {
    document.addEventListener('pointerdown', (event) => {
      if (this.open && event.target instanceof Node && !this.root()?.contains(event.target)) {
        this.toggle(false);
      }
    });
  }

  view(items: readonly MenuItem[]): VElement {
    return h(
      'span',
      {
        key: this.id,
        class: 'menu-root',
        attrs: { id: this.id },
        on: {
          keydown: (event) => {
            this.onKey(event);
          },
        },
      },
      h(
        'button',
        {
          class: this.text === undefined ? 'icon-btn' : 'text-btn',
          attrs: {
            type: 'button',
            'aria-label': this.text === undefined ? this.label : undefined,
            title: this.label,
            'aria-haspopup': 'menu',
            'aria-expanded': String(this.open),
          },
          on: {
            click: () => {
              this.toggle(!this.open);
            },
          },
        },
        this.text === undefined ? icon('ellipsis') : [this.text(), icon('chevron-down')],
      ),
      this.open &&
        h(
          'div',
          { class: 'menu', attrs: { role: 'menu', 'aria-label': this.label } },
          items
            .map((item) => [
              item.apart && h('div', { class: 'menu-line', attrs: { role: 'separator' } }),
              h(
                'button',
                {
                  key: item.label,
                  class: `menu-item${item.class === undefined ? '' : ` ${item.class}`}`,
                  attrs: { type: 'button', role: 'menuitem', tabindex: '-1' },
                  on: {
                    click: () => {
                      this.toggle(false);
                      item.pick();
                    },
                  },
                },
                icon(item.icon),
                item.label,
              ),
            ])
            .flat(),
        ),
    );
  }

  private toggle(open: boolean): void {
    this.open = open;
    this.draw();
    if (open) {
      this.list()[0]?.focus();
    } else {
      this.root()?.querySelector<HTMLElement>('[aria-haspopup]')?.focus();
    }
  }

  private root(): HTMLElement | null {
    return document.getElementById(this.id);
  }

  private list(): HTMLElement[] {
    return [...(this.root()?.querySelectorAll<HTMLElement>('.menu-item') ?? [])].filter(
      (item) => item.offsetParent !== null,
    );
  }

  private onKey(event: Event): void {
    if (!(event instanceof KeyboardEvent)) {
      return;
    }
    if (!this.open) {
      if (event.key === 'ArrowDown') {
        event.preventDefault();
        this.toggle(true);
      }
      return;
    }
    const list = this.list();
    const at = list.indexOf(event.target as HTMLElement);
    const letter = event.key.toLowerCase();
    if (event.key === 'Escape' || event.key === 'Tab') {
      if (event.key === 'Escape') {
        event.preventDefault();
      }
      event.stopPropagation();
      this.toggle(false);
      return;
    }
    const byLetter = [...list.slice(at + 1), ...list.slice(0, at + 1)].find((item) =>
      item.textContent.toLowerCase().startsWith(letter),
    );
    const to =
      { ArrowDown: list[(at + 1) % list.length], ArrowUp: list.at(at - 1), Home: list[0], End: list.at(-1) }[
        event.key
      ] ?? (letter.length === 1 ? byLetter : undefined);
    if (to !== undefined && event.key !== ' ') {
      event.preventDefault();
      event.stopPropagation();
      to.focus();
    }
  }
}
