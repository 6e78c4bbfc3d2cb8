import { toBatch } from '../../protocol/logBatch';
import type { LogBatch } from '../../protocol/logBatch';
import type { LogEntry } from '../../protocol/logPanel';

/** Between two messages with lines, in milliseconds. */
const INTERVAL = 50;
/** Lines and characters in one message at most. */
const MOST = 5000;
const MOST_TEXT = 2_000_000;
/** After a full message, so that it is taken before the next one comes. */
const PAUSE = 5;

/**
 * Gathers lines so that the page gets few messages. A full one goes at once, and reading waits for a moment then, so
 * that neither the page nor the editor is flooded.
 */
export class LineBatches {
  private lines: LogEntry[] = [];
  private size = 0;
  private first = true;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private onRoom: (() => void) | undefined;

  constructor(private readonly send: (batch: LogBatch) => void) {
    // The first message also says that reading has begun, so that an empty log is known to be empty.
    this.later();
  }

  async add(line: LogEntry): Promise<void> {
    this.lines.push(line);
    this.size += line.message.length;
    if (this.lines.length < MOST && this.size < MOST_TEXT) {
      this.later();
      return;
    }
    this.flush();
    await new Promise<void>((resolve) => {
      this.onRoom = resolve;
      setTimeout(resolve, PAUSE);
    });
  }

  /** Sends what is left and nothing more. */
  end(): void {
    if (this.timer !== undefined) {
      this.flush();
    }
  }

  /** Forgets what is left. */
  drop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.lines = [];
    this.size = 0;
    this.onRoom?.();
  }

  private later(): void {
    this.timer ??= setTimeout(() => {
      this.flush();
    }, INTERVAL);
  }

  private flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const { lines, first } = this;
    this.lines = [];
    this.size = 0;
    this.first = false;
    this.send(toBatch(first, lines));
  }
}
