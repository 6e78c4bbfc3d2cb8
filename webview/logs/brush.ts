import type { ChartDeeds, Range } from './chart';
import type { Histogram } from './histogram';

/** Pixels that a pointer has to move to drag. */
const DRAG = 4;

/** Chooses a range of time on the histogram: by dragging, with a click on a bar, with the arrow keys on the handles. */
export class Brush implements ChartDeeds {
  /** @param histogram what is drawn now; `range`: what is chosen; `choose`: another one */
  constructor(
    private readonly histogram: () => Histogram,
    private readonly range: () => Range,
    private readonly choose: (range: Range) => void,
  ) {}

  readonly clear = (): void => {
    this.choose({});
  };

  readonly pointerDown = (event: Event): void => {
    const svg = event.currentTarget;
    if (!(event instanceof PointerEvent) || !(svg instanceof SVGElement) || event.button !== 0) {
      return;
    }
    event.preventDefault();
    const begin = this.timeAt(svg, event.clientX);
    const edge = edgeOf(event.target);
    const other = edge === 'from' ? this.range().to : this.range().from;
    const from = event.clientX;
    let dragged = false;
    const move = (moved: PointerEvent): void => {
      dragged ||= Math.abs(moved.clientX - from) >= DRAG;
      if (dragged) {
        this.take(edge === undefined ? begin : (other ?? this.end(edge)), this.timeAt(svg, moved.clientX));
      }
    };
    const up = (): void => {
      window.removeEventListener('pointermove', move);
      window.removeEventListener('pointerup', up);
      window.removeEventListener('pointercancel', up);
      if (!dragged && edge === undefined) {
        const { width } = this.histogram();
        const start = Math.floor(begin / width) * width;
        this.take(start, start + width);
      }
    };
    window.addEventListener('pointermove', move);
    window.addEventListener('pointerup', up);
    window.addEventListener('pointercancel', up);
  };

  readonly key = (edge: 'from' | 'to', event: Event): void => {
    if (!(event instanceof KeyboardEvent)) {
      return;
    }
    const { width, from = 0, to } = this.histogram();
    const { from: start = from, to: end = to } = this.range();
    const at = edge === 'from' ? start : end;
    const moved = {
      ArrowLeft: at - width,
      ArrowRight: at + width,
      PageUp: at + 10 * width,
      PageDown: at - 10 * width,
      Home: from,
      End: to,
    }[event.key];
    if (moved === undefined) {
      return;
    }
    event.preventDefault();
    if (edge === 'from') {
      this.take(Math.min(moved, end - width), end);
    } else {
      this.take(start, Math.max(moved, start + width));
    }
  };

  /** A range that ends with the last bar has no end: it goes on with the newest lines. */
  private take(a: number, b: number): void {
    const { from = 0, to } = this.histogram();
    const start = Math.min(a, b);
    const end = Math.max(a, b);
    this.choose({ from: start <= from ? undefined : start, to: end >= to ? undefined : end });
  }

  private end(edge: 'from' | 'to'): number {
    const { from = 0, to } = this.histogram();
    return edge === 'from' ? to : from;
  }

  private timeAt(svg: SVGElement, clientX: number): number {
    const { left, width } = svg.getBoundingClientRect();
    const { from = 0, to } = this.histogram();
    return from + Math.max(0, Math.min(1, (clientX - left) / width)) * (to - from);
  }
}

function edgeOf(target: EventTarget | null): 'from' | 'to' | undefined {
  const id = target instanceof Element ? target.closest('.handle')?.id : undefined;
  return id === 'range-from' ? 'from' : id === 'range-to' ? 'to' : undefined;
}
