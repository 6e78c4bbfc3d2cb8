import type { Outcome, OutcomeView, ReplayView } from '../../src/protocol/views/record';

export type OutcomeCounts = Readonly<Record<Outcome, number>>;

/** How requests that were sent again were answered. */
export class Replayed {
  view: ReplayView | undefined;
  /** Only those that were answered in such a way are shown. */
  only: Outcome | undefined;
  private readonly outcomes = new Map<number, OutcomeView>();
  private counted = { same: 0, close: 0, different: 0, failed: 0 };

  get counts(): OutcomeCounts {
    return this.counted;
  }

  get done(): number {
    return this.outcomes.size;
  }

  of(number: number): OutcomeView | undefined {
    return this.outcomes.get(number);
  }

  begin(view: ReplayView): void {
    if (view.round !== this.view?.round) {
      this.clear();
    }
    this.view = view;
  }

  add(round: number, outcomes: readonly OutcomeView[]): void {
    if (round === this.view?.round) {
      for (const each of outcomes) {
        const before = this.outcomes.get(each.record);
        this.counted[each.outcome] += 1;
        if (before !== undefined) {
          this.counted[before.outcome] -= 1;
        }
        this.outcomes.set(each.record, each);
      }
    }
  }

  clear(): void {
    this.view = undefined;
    this.only = undefined;
    this.outcomes.clear();
    this.counted = { same: 0, close: 0, different: 0, failed: 0 };
  }

  /** In the middle of those that were answered, then and now; undefined where there is none. */
  get latencies(): { readonly before: number; readonly now: number } | undefined {
    const all = [...this.outcomes.values()].filter((each) => each.before !== undefined && each.now !== undefined);
    return all.length === 0
      ? undefined
      : { before: middle(all.map(({ before = 0 }) => before)), now: middle(all.map(({ now = 0 }) => now)) };
  }
}

function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
