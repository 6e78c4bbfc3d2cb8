/** Lets one waiter wait until it is told that there is something to do; what is told while nobody waits is kept. */
export class Wake {
  private told = false;
  private onTold: (() => void) | undefined;

  constructor(private readonly signal: AbortSignal) {}

  now(): void {
    this.told = true;
    this.onTold?.();
  }

  /** Resolves when told, after the milliseconds, or with the signal. */
  async wait(milliseconds?: number): Promise<void> {
    if (!this.told && !this.signal.aborted) {
      await new Promise<void>((resolve) => {
        const timer = milliseconds === undefined ? undefined : setTimeout(done, milliseconds);
        const { signal } = this;
        function done(): void {
          clearTimeout(timer);
          signal.removeEventListener('abort', done);
          resolve();
        }
        this.onTold = done;
        signal.addEventListener('abort', done);
      });
      this.onTold = undefined;
    }
    this.told = false;
  }
}
