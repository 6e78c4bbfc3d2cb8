import { keeping, SlowPattern, work } from './patternWork';
import type { KeptLines, PatternAnswer, PatternEngine, PatternTask } from './patternWork';

/** A pattern is given up when so many milliseconds bring no answer. */
const PATIENCE = 1500;

interface Waiting {
  readonly resolve: (answer: PatternAnswer) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Runs regular expressions beside the page: some take years on some lines, and nothing but the end of their thread
 * stops them.
 */
export class PatternWorker implements PatternEngine {
  private worker: Worker | undefined;
  private readonly waiting = new Map<number, Waiting>();
  /** Lines that the worker has. */
  private readonly handed = new Set<number>();
  private lastId = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  ask(task: Omit<PatternTask, 'id' | 'kept'>, lines?: KeptLines): Promise<PatternAnswer> {
    const id = ++this.lastId;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      if (this.waiting.size === 1) {
        this.wait();
      }
      this.worker ??= this.start();
      this.worker.postMessage({ ...task, ...this.hand(lines), id });
    });
  }

  private hand(lines: KeptLines | undefined): Pick<PatternTask, 'kept' | 'text' | 'ends'> {
    if (lines === undefined) {
      return {};
    }
    const { key, oldest } = lines;
    const isThere = this.handed.has(key);
    this.handed.add(key);
    return { kept: { key, oldest }, ...(isThere ? {} : lines.read()) };
  }

  /** A worker that has nothing to do stays, with its lines. */
  end(reason: Error): void {
    if (this.waiting.size === 0) {
      return;
    }
    this.worker?.terminate();
    this.worker = undefined;
    this.handed.clear();
    const waiting = [...this.waiting.values()];
    this.waiting.clear();
    this.wait();
    for (const { reject } of waiting) {
      reject(reason);
    }
  }

  /** For the answer to the task that is the first one now, if there is one. */
  private wait(): void {
    clearTimeout(this.timer);
    if (this.waiting.size > 0) {
      this.timer = setTimeout(() => {
        this.end(new SlowPattern());
      }, PATIENCE);
    }
  }

  private start(): Worker {
    const parts = `const answer = (${keeping.toString()})(${work.toString()});`;
    const code = `${parts}\nonmessage = ({ data }) => postMessage(answer(data));`;
    const url = URL.createObjectURL(new Blob([code], { type: 'text/javascript' }));
    const worker = new Worker(url);
    URL.revokeObjectURL(url);
    worker.onmessage = ({ data }: MessageEvent<PatternAnswer>) => {
      const waiting = this.waiting.get(data.id);
      this.waiting.delete(data.id);
      this.wait();
      waiting?.resolve(data);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      this.end(new Error(event.message));
    };
    return worker;
  }
}

/** Lets the browser draw and take what was pressed. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
      channel.port1.close();
      resolve();
    };
    channel.port2.postMessage(undefined);
  });
}
