import type { Disposable } from '../../core/disposables';
import { Emitter } from '../../core/events';
import type { Memory } from '../../core/ports';
import { type Arrangement, toArrangement } from './arrangement';

const KEY = 'servings.arrangement';

/** How the Servings view is laid out now; each workspace keeps its own. */
export class Arranging implements Disposable {
  private readonly changed = new Emitter<void>();
  readonly onDidChange = this.changed.event;
  private now: Arrangement;

  constructor(private readonly memory: Memory) {
    this.now = toArrangement(memory.get(KEY));
  }

  get current(): Arrangement {
    return this.now;
  }

  change(by: Partial<Arrangement>): void {
    this.now = { ...this.now, ...by };
    this.memory.set(KEY, this.now);
    this.changed.fire();
  }

  dispose(): void {
    this.changed.dispose();
  }
}
