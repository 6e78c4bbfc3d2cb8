import { ServingError } from '../../../src/core/errors';
import type { ContainerLogLine, ContainerLogOptions, Labels } from '../../../src/backends/docker/engine/port';
import { compareTimes } from '../../../src/backends/docker/logs/seen';
import type { LogContainer } from '../../../src/backends/docker/logs/container';

interface Made {
  readonly id: string;
  readonly labels: Labels;
  running: boolean;
  lines: ContainerLogLine[];
}

/** An engine of which only the containers' output is there: it can be stopped, and streams can be cut. */
export class FakeOutput {
  readonly made = new Map<string, Made>();
  /** Requests for output, as `id follow|past`. */
  readonly calls: string[] = [];
  isAway = false;
  private readonly waiting = new Set<() => void>();
  private clock = Date.parse('2026-11-29T10:00:00Z') * 1_000_000;
  private nanos = 0;

  add(id: string, replica: number, run = 'run1'): void {
    const labels = {
      'model-serving.role': 'replica',
      'model-serving.replica': String(replica),
      'model-serving.run': run,
    };
    this.made.set(id, { id, labels, running: true, lines: [] });
  }

  /** The time of a line that is printed `later` milliseconds after the one before it. */
  at(later = 1): string {
    const step = Math.round(later * 1e6);
    this.nanos += step;
    const milliseconds = Math.floor(this.clock / 1e6) + Math.floor(this.nanos / 1e6);
    const fraction = String(this.nanos % 1_000_000).padStart(6, '0');
    return new Date(milliseconds).toISOString().replace('Z', `${fraction}Z`);
  }

  print(id: string, text: string, time = this.at(), stream: ContainerLogLine['stream'] = 'stdout'): void {
    this.made.get(id)?.lines.push({ stream, time, text });
    this.tell();
  }

  stop(id: string): void {
    this.of(id).running = false;
    this.tell();
  }

  start(id: string): void {
    this.of(id).running = true;
  }

  remove(id: string): void {
    this.made.delete(id);
    this.tell();
  }

  goAway(): void {
    this.isAway = true;
    this.tell();
  }

  list(): Promise<readonly LogContainer[]> {
    return this.isAway
      ? Promise.reject(new ServingError('unreachable', 'No engine'))
      : Promise.resolve(
          [...this.made.values()].map(({ id, labels, running }) => ({
            id,
            labels,
            running,
            role: 'replica' as const,
            replica: Number(labels['model-serving.replica']),
          })),
        );
  }

  async *containerLogs(
    id: string,
    options: ContainerLogOptions,
    signal: AbortSignal,
  ): AsyncGenerator<ContainerLogLine> {
    this.calls.push(`${id} ${options.follow ? 'follow' : 'past'}`);
    const since = options.since?.toISOString();
    const wanted = this.of(id).lines.filter((line) => since === undefined || compareTimes(line.time, since) >= 0);
    let next = this.of(id).lines.length - Math.min(wanted.length, options.tail ?? wanted.length);
    const from = this.of(id).lines;
    for (;;) {
      await Promise.resolve();
      this.of(id);
      if (next < from.length) {
        yield from[next++]!;
      } else if (!options.follow || !this.of(id).running) {
        return;
      } else {
        await new Promise<void>((resolve) => {
          this.waiting.add(resolve);
          signal.addEventListener('abort', () => {
            resolve();
          });
        });
        if (signal.aborted) {
          throw ServingError.cancelled('Reading');
        }
      }
    }
  }

  private of(id: string): Made {
    const made = this.made.get(id);
    if (this.isAway) {
      throw new ServingError('unreachable', 'The engine went away');
    }
    if (made === undefined) {
      throw new ServingError('notFound', `No container ${id}`);
    }
    return made;
  }

  private tell(): void {
    for (const resolve of this.waiting) {
      resolve();
    }
    this.waiting.clear();
  }
}
