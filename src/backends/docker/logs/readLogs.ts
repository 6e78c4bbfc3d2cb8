import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LogLine, LogOptions } from '../../../core/backend';
import { isCancelled, ServingError } from '../../../core/errors';
import type { Event } from '../../../core/events';
import type { ContainerLogOptions, Engine, Labels } from '../engine/port';
import { replicaOf, type LogContainer } from './container';
import type { NotesReader } from './notes';
import type { FileMap, LineSource } from './containerLine';
import { items, marked, type Item, type Output } from './items';
import { lastOf, mergeInOrder, Reorder, Steady } from './order';
import { readSavedLog, savedLogs, type SavedLog } from './saved';
import { Seen } from './seen';
import { Wake } from './wake';

/** How long a line waits for an earlier one of another replica. */
const WINDOW_MS = 150;
/** Lines that wait at the most; then the engine has to. */
const MOST_WAITING = 5000;
const ROOM_MS = 20;
const LOOK_AGAIN_MS = 250;
const LONGEST_PAUSE_MS = 10_000;
/** How often it is looked for notes while the log is followed. */
const NOTES_MS = 500;

export interface LogParts {
  readonly engine: Pick<Engine, 'containerLogs'>;
  /** All containers of the serving that are there, running or not. */
  list(signal: AbortSignal): Promise<readonly LogContainer[]>;
  /** Containers came or went, or the engine is back. */
  readonly onDidChange: Event<unknown>;
  /** The folder with one folder for each run. */
  readonly runs: string;
  /** What windows tell of the serving. */
  readonly notes?: NotesReader;
  /** For the files of a container with these labels. */
  filesOf(labels: Labels): FileMap;
}

/**
 * The output of all replicas of a serving as one stream in the order of time, those that are gone included. What is
 * followed goes on when replicas come and go and when the engine was away, with no line twice and none left out. The
 * last lines of the past are given from what is saved even when the engine is away; then it rejects, unless it follows.
 */
export async function* readLogs(parts: LogParts, options: LogOptions, signal: AbortSignal): AsyncGenerator<LogLine> {
  const ended = new AbortController();
  const reading = new Reading(parts, AbortSignal.any([signal, ended.signal]));
  const subscription = parts.onDidChange(() => {
    reading.lookAgain();
  });
  try {
    yield* reading.run(options);
  } catch (error) {
    if (!signal.aborted) {
      throw error;
    }
  } finally {
    ended.abort();
    subscription.dispose();
  }
}

class Reading {
  private readonly outputs = new Map<string, Output>();
  private readonly order = new Reorder(WINDOW_MS);
  private readonly wake: Wake;
  private lookAt: number | undefined;
  /** Looks that failed, or followed nothing but streams that ended at once. */
  private vain = 0;

  constructor(
    private readonly parts: LogParts,
    private readonly signal: AbortSignal,
  ) {
    this.wake = new Wake(signal);
  }

  /** Containers may have come or gone. */
  lookAgain(milliseconds = 0): void {
    const at = performance.now() + milliseconds;
    this.lookAt = Math.min(this.lookAt ?? at, at);
    this.wake.now();
  }

  async *run({ follow, tail }: LogOptions): AsyncGenerator<LogLine> {
    if (!follow) {
      yield* this.look(tail, false);
      return;
    }
    let isFirst = true;
    this.lookAt = performance.now();
    while (!this.signal.aborted) {
      if (this.lookAt !== undefined && this.lookAt <= performance.now()) {
        this.lookAt = undefined;
        try {
          yield* this.look(isFirst ? tail : undefined, true);
          if (isFirst) {
            isFirst = false;
            void this.followNotes();
          }
        } catch (error) {
          if (!(error instanceof ServingError)) {
            throw error;
          }
          this.lookAgain(this.pause());
        }
      }
      yield* this.take();
      const due = [this.order.dueAt(), this.lookAt].filter((at) => at !== undefined);
      await this.wake.wait(due.length === 0 ? undefined : Math.max(0, Math.min(...due) - performance.now()));
    }
  }

  /** Gives what is new in all containers that are not followed, and follows those that run. */
  private async *look(tail: number | undefined, follow: boolean): AsyncGenerator<LogLine> {
    let failure: { readonly error: unknown } | undefined;
    const containers = await this.parts.list(this.signal).catch((error: unknown) => {
      failure = { error };
      return [];
    });
    // After the containers: what is not among them any more was saved before it went.
    const saved = await savedLogs(this.parts.runs);
    const ended: Output[] = [];
    const sources: AsyncIterable<Item>[] = [];
    for (const container of containers) {
      const output = this.outputOf(container.id);
      output.whole &&= !container.running;
      if (!output.active && !output.whole) {
        sources.push(this.itemsOf(container, output, false, tail));
        if (!container.running) {
          ended.push(output);
        }
      }
    }
    for (const log of saved.filter(({ id }) => !containers.some((container) => container.id === id))) {
      const output = this.outputOf(log.id);
      if (!output.active && !output.whole) {
        sources.push(items(readSavedLog(log.file), output, this.sourceOf('replica', log.labels)));
        ended.push(output);
      }
    }
    sources.push(this.notes());
    yield* this.past(mergeInOrder(sources), tail);
    for (const output of ended) {
      output.whole = failure === undefined;
    }
    if (failure !== undefined) {
      throw failure.error;
    }
    this.forget(containers, saved);
    for (const container of follow ? containers.filter(({ running }) => running) : []) {
      const output = this.outputOf(container.id);
      if (!output.active) {
        output.active = true;
        void this.follow(container, output);
      }
    }
  }

  private async *past(merged: AsyncIterable<Item>, tail: number | undefined): AsyncGenerator<LogLine> {
    if (tail !== undefined) {
      let last: readonly Item[];
      try {
        last = await lastOf(marked(merged), tail);
      } catch (error) {
        // None of them was given, and nothing is followed yet: they come with the next look.
        this.outputs.clear();
        this.parts.notes?.reset();
        throw error;
      }
      yield* last.map(({ line }) => line);
      return;
    }
    for await (const { line } of marked(merged)) {
      this.order.add(line, performance.now());
      yield* this.take();
    }
  }

  private async follow(container: LogContainer, output: Output): Promise<void> {
    let isEmpty = true;
    try {
      for await (const { line } of marked(this.itemsOf(container, output, true, undefined))) {
        isEmpty = false;
        this.vain = 0;
        this.order.add(line, performance.now());
        this.wake.now();
        while (this.order.size >= MOST_WAITING && !this.signal.aborted) {
          await sleep(ROOM_MS);
        }
      }
    } catch {
      // Whether the engine or only the container is gone shows when the containers are looked at again.
    }
    output.active = false;
    this.lookAgain(isEmpty ? this.pause() : LOOK_AGAIN_MS);
  }

  /** They are few, and no engine tells of them: it is looked for more of them every now and then. */
  private async followNotes(): Promise<void> {
    while (this.parts.notes !== undefined && !this.signal.aborted) {
      await sleep(NOTES_MS, undefined, { signal: this.signal, ref: false }).catch(() => undefined);
      for await (const { line } of marked(this.notes())) {
        this.order.add(line, performance.now());
        this.wake.now();
      }
    }
  }

  private async *notes(): AsyncGenerator<Item> {
    const notes = (await this.parts.notes?.unread().catch(() => [])) ?? [];
    yield* notes.map(({ line, mark }) => ({ time: line.time, line, mark }));
  }

  private async *itemsOf(
    container: LogContainer,
    output: Output,
    follow: boolean,
    tail: number | undefined,
  ): AsyncGenerator<Item> {
    const { id, role, labels } = container;
    const source = this.sourceOf(role, labels);
    const since = output.seen.since();
    const options: ContainerLogOptions = {
      follow,
      ...(since === undefined ? {} : { since }),
      // At least one, to know how far the past goes.
      ...(tail === undefined || since !== undefined ? {} : { tail: Math.max(tail, 1) }),
    };
    try {
      yield* items(this.parts.engine.containerLogs(id, options, this.signal), output, source);
    } catch (error) {
      if (isCancelled(error)) {
        throw error;
      }
      const saved = (await savedLogs(this.parts.runs)).find((log) => log.id === id);
      if (saved !== undefined) {
        yield* items(readSavedLog(saved.file), output, source);
      } else if (!(error instanceof ServingError && error.code === 'notFound')) {
        throw error;
      }
    }
  }

  private *take(): Generator<LogLine> {
    const active = [...this.outputs.values()].filter((output) => output.active).length;
    yield* this.order.take(performance.now(), active <= 1);
  }

  private pause(): number {
    return Math.min(LOOK_AGAIN_MS * 2 ** this.vain++, LONGEST_PAUSE_MS);
  }

  private sourceOf(role: LogContainer['role'], labels: Labels): LineSource {
    return { role, ...replicaOf(labels), files: this.parts.filesOf(labels) };
  }

  private outputOf(id: string): Output {
    const output = this.outputs.get(id) ?? { seen: new Seen(), steady: new Steady(), active: false, whole: false };
    this.outputs.set(id, output);
    return output;
  }

  private forget(containers: readonly LogContainer[], saved: readonly SavedLog[]): void {
    const there = new Set([...containers, ...saved].map(({ id }) => id));
    for (const [id, output] of this.outputs) {
      if (!output.active && !there.has(id)) {
        this.outputs.delete(id);
      }
    }
  }
}
