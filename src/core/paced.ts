import type { Disposable } from './disposables';

/** Does its work when it is asked to: at once, and not again before so many milliseconds have passed. */
export class Paced implements Disposable {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private isWanted = false;

  constructor(
    private readonly milliseconds: number,
    private readonly work: () => void,
  ) {}

  ask(): void {
    if (this.timer === undefined) {
      this.run();
    } else {
      this.isWanted = true;
    }
  }

  /** What was asked for and is not done yet is not done any more. */
  dispose(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.isWanted = false;
  }

  private run(): void {
    this.isWanted = false;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      if (this.isWanted) {
        this.run();
      }
    }, this.milliseconds);
    this.work();
  }
}
