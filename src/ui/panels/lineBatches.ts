import type { LogEntry } from '../../protocol/logPanel';

/** Between two messages with lines, in milliseconds. */
const INTERVAL = 50;
/** Lines in one message at most. */
const MOST = 5000;

/**
 * Gathers lines so that the page gets at most one message per interval. Reading waits while a full message is
 * still to be sent.
 */
export class LineBatches {
  private lines: LogEntry[] = [];
  private first = true;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private onRoom: (() => void) | undefined;

  constructor(
    private readonly send: (batch: { readonly first: boolean; readonly lines: readonly LogEntry[] }) => void,
  ) {
    // The first message also says that reading has begun, so that an empty log is known to be empty.
    this.later();
  }

  async add(line: LogEntry): Promise<void> {
    this.lines.push(line);
    this.later();
    if (this.lines.length >= MOST) {
      await new Promise<void>((resolve) => {
        this.onRoom = resolve;
      });
    }
  }

  /** Sends what is left and nothing more. */
  end(): void {
    if (this.timer !== undefined) {
      clearTimeout(this.timer);
      this.flush();
    }
  }

  /** Forgets what is left. */
  drop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.lines = [];
    this.onRoom?.();
  }

  private later(): void {
    this.timer ??= setTimeout(() => {
      this.flush();
    }, INTERVAL);
  }

  private flush(): void {
    this.timer = undefined;
    const { lines, first } = this;
    this.lines = [];
    this.first = false;
    this.send({ first, lines });
    this.onRoom?.();
    this.onRoom = undefined;
  }
}
