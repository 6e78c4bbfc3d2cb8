const ARROWS = { row: ['ArrowLeft', 'ArrowRight'], column: ['ArrowUp', 'ArrowDown'] } as const;

/** A group of buttons that is one stop of the Tab key, with arrows inside. Call `refresh` after each draw. */
export class RovingGroup {
  private current = 0;

  constructor(
    private readonly selector: string,
    private readonly items: string,
    private readonly axis: keyof typeof ARROWS = 'row',
  ) {
    document.addEventListener('keydown', (event) => {
      this.onKey(event);
    });
    document.addEventListener('focusin', (event) => {
      const index = this.list().indexOf(event.target as HTMLElement);
      if (index !== -1) {
        this.current = index;
        this.refresh();
      }
    });
  }

  refresh(): void {
    const list = this.list();
    const at = Math.min(this.current, list.length - 1);
    list.forEach((item, index) => {
      item.tabIndex = index === at ? 0 : -1;
    });
  }

  private list(): HTMLElement[] {
    return [...document.querySelectorAll<HTMLElement>(`${this.selector} :is(${this.items})`)].filter(
      (item) => item.offsetParent !== null,
    );
  }

  private onKey(event: KeyboardEvent): void {
    const list = this.list();
    const at = list.indexOf(event.target as HTMLElement);
    if (at === -1 || event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    const [before, after] = ARROWS[this.axis];
    const to = { [after]: at + 1, [before]: at - 1, Home: 0, End: list.length - 1 }[event.key];
    if (to === undefined) {
      return;
    }
    event.preventDefault();
    list[(to + list.length) % list.length]?.focus();
  }
}
