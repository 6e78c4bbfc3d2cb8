import type { LogBatch } from '../../src/protocol/logBatch';
import { t } from '../common/l10n';
import type { Filter } from './filter';
import { toFinder } from './finder';
import type { Finder, Found } from './finder';
import { judge } from './judge';
import { SlowPattern } from './patternWork';
import type { PatternEngine } from './patternWork';
import { Store } from './store';
import type { Piece } from './store';
import { View } from './view';

/** Milliseconds between two words of what was found so far: drawing takes time, too. */
const TOLD = 100;
/** Until so long after a filter was changed the lines of the one before stay, so that nothing flickers. */
const PATIENCE = 250;
/** Pieces that a finder which takes a while has before it: an answer may come only with the next frame. */
const AHEAD = 12;

export interface ShownPorts {
  /** For regular expressions. */
  readonly patterns: PatternEngine;
  /** Milliseconds of work between two turns of others. */
  readonly slice: number;
  turn(): Promise<void>;
  /** There is news, or places of a search are known. */
  changed(): void;
  /** The rows are other ones: the view was changed for another. */
  replaced(): void;
  /** So many rows at the beginning are gone. */
  dropped(rows: number): void;
}

interface Ahead {
  readonly piece: Piece;
  readonly round: number;
  readonly finding: Promise<Found | undefined> | Found | undefined;
}

/** The lines that are held and those that are shown of them, kept in step in small slices as lines come and the filter changes. */
export class Shown {
  readonly store: Store;
  private current: View;
  private next: { readonly view: View; readonly since: number } | undefined;
  private finder: Finder | undefined;
  private patternProblem: string | undefined;
  private working = false;
  /** Changes with each filter: what was begun for another one is given up. */
  private round = 0;

  constructor(
    filter: Filter,
    private readonly ports: ShownPorts,
    store = new Store(),
  ) {
    this.store = store;
    this.readPattern(filter);
    this.current = new View(filter, this.finder !== undefined, this.store.first);
  }

  get view(): View {
    return this.current;
  }

  /** Whether lines are still being looked at. */
  get isBusy(): boolean {
    return this.next !== undefined || this.current.cursor < this.store.end;
  }

  /** What marks what is searched for in a text. */
  get places(): ((text: string) => readonly number[]) | undefined {
    const { finder } = this;
    return finder && ((text) => finder.places(text));
  }

  /** Why nothing is searched for. */
  get problem(): string | undefined {
    return this.patternProblem;
  }

  /** Lines of which only the beginning was searched. */
  get partly(): number {
    return this.finder?.partly ?? 0;
  }

  get replicas(): readonly number[] {
    return [...this.store.replicas].sort((a, b) => a - b);
  }

  add(batch: LogBatch, now: number): void {
    for (const chunk of this.store.append(batch, now)) {
      this.next?.view.drop(chunk);
      const rows = this.current.drop(chunk);
      if (rows > 0) {
        this.ports.dropped(rows);
      }
    }
    this.work();
  }

  clear(): void {
    this.store.clear();
    this.narrow(this.current.filter);
  }

  narrow(filter: Filter): void {
    this.round += 1;
    this.finder?.dispose();
    this.readPattern(filter);
    const view = new View(filter, this.finder !== undefined, this.store.first);
    this.next = { view, since: performance.now() };
    this.work();
  }

  private readPattern(filter: Filter): void {
    const finder = toFinder(
      filter,
      this.ports.patterns,
      () => {
        this.ports.changed();
      },
      () => this.store.first,
    );
    this.finder = finder !== undefined && 'lines' in finder ? finder : undefined;
    this.patternProblem = finder !== undefined && 'message' in finder ? finder.message : undefined;
  }

  private work(): void {
    if (!this.working) {
      this.working = true;
      void this.workThrough();
    }
  }

  private async workThrough(): Promise<void> {
    let since = performance.now();
    let told = since;
    const ahead: Ahead[] = [];
    for (;;) {
      const { round } = this;
      const view = this.next?.view ?? this.current;
      const next = this.store.pieceFrom(view.cursor);
      const first = ahead.shift();
      const begun =
        first?.round === round && first.piece.chunk === next?.chunk && first.piece.from === next.from
          ? first
          : undefined;
      if (begun === undefined) {
        ahead.length = 0;
      }
      const piece = begun?.piece ?? next;
      if (piece === undefined) {
        if (this.next === undefined) {
          // At once, not once the promise is settled: lines may come before that.
          this.working = false;
          this.ports.changed();
          return;
        }
        this.replace();
        continue;
      }
      const bits = judge(piece, view.filter, this.store);
      const finding = begun === undefined ? this.find(piece) : begun.finding;
      if (finding instanceof Promise) {
        this.findAhead(ahead, piece, round);
      }
      // Waiting only where there is something to wait for: a short log is searched before this returns.
      const found = finding instanceof Promise ? await finding : finding;
      if (round !== this.round) {
        continue;
      }
      // Meanwhile the oldest lines may have been forgotten, and these with them.
      if (piece.chunk.base >= this.store.first) {
        view.take(piece, bits, found);
      }
      const now = performance.now();
      if (this.next !== undefined && now - this.next.since > PATIENCE) {
        this.replace();
      }
      if (now - since > this.ports.slice) {
        if (now - told > TOLD) {
          told = now;
          this.ports.changed();
        }
        await this.ports.turn();
        since = performance.now();
      }
    }
  }

  private replace(): void {
    if (this.next !== undefined) {
      this.current = this.next.view;
      this.next = undefined;
      this.ports.replaced();
    }
  }

  /** A finder that takes a while works at the next pieces while this one is taken. */
  private findAhead(ahead: Ahead[], { chunk, to }: Piece, round: number): void {
    const last = ahead.at(-1)?.piece;
    let piece = this.store.pieceFrom(last === undefined ? chunk.base + to : last.chunk.base + last.to);
    while (piece !== undefined && ahead.length < AHEAD) {
      ahead.push({ piece, round, finding: this.find(piece) });
      piece = this.store.pieceFrom(piece.chunk.base + piece.to);
    }
  }

  private find(piece: Piece): Promise<Found | undefined> | Found | undefined {
    const { finder } = this;
    if (finder === undefined) {
      return undefined;
    }
    const found = finder.lines(piece);
    return found instanceof Uint8Array
      ? found
      : found.catch((error: unknown) => {
          if (finder === this.finder) {
            this.finder = undefined;
            this.patternProblem =
              error instanceof SlowPattern ? t('takes too long, stopped') : t('cannot be searched for here');
          }
          return undefined;
        });
  }
}
