import { patch } from '../common/dom';
import type { VirtualList } from '../common/list/list';
import { ruler } from './ruler';
import type { View } from './view';

/** Milliseconds between two drawings. */
const INTERVAL = 100;

/** Draws the ruler beside the list, as often as it can be told apart. */
export class RulerDrawing {
  private drawnAt = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  draw(view: () => View, list: VirtualList, jump: (part: number) => void): void {
    const wait = INTERVAL - (performance.now() - this.drawnAt);
    if (wait > 0) {
      this.timer ??= setTimeout(() => {
        this.timer = undefined;
        this.draw(view, list, jump);
      }, wait);
      return;
    }
    this.drawnAt = performance.now();
    const area = document.getElementById('ruler-area');
    if (area !== null) {
      patch(area, [ruler(view(), list.window, jump)]);
    }
  }
}
