import type { VElement } from '../common/dom';
import { chart } from './chart';
import type { ChartDeeds } from './chart';
import type { View } from './view';

/** Milliseconds between two drawings of the same chart. */
const INTERVAL = 500;

/** The histogram as it was drawn last, until there is something new that was not drawn a moment ago. */
export class ChartDrawing {
  private drawn: VElement | undefined;
  private drawnAt = 0;
  private view: View | undefined;
  private version = -1;
  private lines = -1;
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** @param later draws the page again */
  constructor(
    private readonly deeds: ChartDeeds,
    private readonly later: () => void,
  ) {}

  of(view: View): VElement | undefined {
    const { version } = view.histogram;
    const { lines } = view;
    if (view === this.view && version === this.version && lines === this.lines) {
      return this.drawn;
    }
    const now = Date.now();
    const wait = INTERVAL - (now - this.drawnAt);
    if (view === this.view && wait > 0) {
      this.timer ??= setTimeout(() => {
        this.timer = undefined;
        this.later();
      }, wait);
      return this.drawn;
    }
    this.view = view;
    this.version = version;
    this.lines = lines;
    this.drawnAt = now;
    const { from, to } = view.filter;
    this.drawn = chart({ histogram: view.histogram, range: { from, to }, lines, now }, this.deeds);
    return this.drawn;
  }
}
