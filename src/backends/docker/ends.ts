import type { Engine, EngineEvent } from './engine/port';
import { isRunning, type Seen, type SeenReplica } from './state';
import { troubleOfEnd } from './trouble';

/** The engine tells that memory was short just before it tells that the container has ended. */
const SHORT_MS = 5000;

interface Known {
  /** How often it was started again, by what the engine last told. */
  restarts: number;
  /** How it ended last; undefined when that was before this window heard of it. */
  end?: { readonly exitCode: number; readonly outOfMemory: boolean };
  memoryWasShortAt?: number;
  /** It has to be asked for its restarts again. */
  isOld: boolean;
}

/**
 * How often and why containers were started again. An engine forgets why as soon as a container runs again, so its events
 * are kept; how often is asked once for each container, beside the look that wants to know, and again when one has ended.
 */
export class Ends {
  private readonly known = new Map<string, Known>();
  private asking: Promise<void> = Promise.resolve();

  constructor(private readonly engine: Pick<Engine, 'inspectContainer'>) {}

  heard({ action, id, exitCode, time }: EngineEvent): void {
    if (action === 'destroy') {
      this.known.delete(id);
    } else if (action === 'oom') {
      this.of(id).memoryWasShortAt = time.getTime();
    } else if (action === 'die') {
      const known = this.of(id);
      const { memoryWasShortAt = -Infinity } = known;
      known.end = { exitCode: exitCode ?? 0, outOfMemory: time.getTime() - memoryWasShortAt < SHORT_MS };
      known.isOld = true;
    } else if (action === 'start') {
      this.of(id).isOld = true;
    }
  }

  /** What is seen, with what is known of the ends of its replicas. */
  complete(seen: Seen): Seen {
    const memoryMb = seen.run?.definition.resources.memoryMb ?? 0;
    return { ...seen, replicas: seen.replicas.map((each) => this.completeOne(each, memoryMb)) };
  }

  /** For tests: resolves when everything that was wanted is known. */
  async settled(): Promise<void> {
    await this.asking;
  }

  private completeOne(seen: SeenReplica, memoryMb: number): SeenReplica {
    const { id } = seen.container;
    const known = this.of(id);
    if (known.isOld) {
      known.isOld = false;
      this.asking = this.asking.then(() => this.ask(id));
    }
    const restarts = Math.max(seen.restarts, known.restarts);
    if (known.end === undefined || restarts === 0) {
      return { ...seen, restarts };
    }
    const last = troubleOfEnd(known.end, memoryMb);
    const isAgain = seen.trouble !== undefined && isRunning(seen.container);
    return { ...seen, restarts, last, ...(isAgain ? { trouble: last } : {}) };
  }

  private async ask(id: string): Promise<void> {
    const detail = await this.engine.inspectContainer(id).catch(() => undefined);
    const known = this.known.get(id);
    if (detail && known) {
      known.restarts = detail.restartCount;
    }
  }

  private of(id: string): Known {
    const known = this.known.get(id) ?? { restarts: 0, isOld: true };
    this.known.set(id, known);
    return known;
  }
}
