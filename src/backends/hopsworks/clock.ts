/** Less than that is the way of an answer, or its whole seconds. */
const NOTHING_MS = 3000;

/**
 * How far a server's clock is from this one, by the dates of its answers. Its times are told only among themselves: how
 * long ago something was there is how long ago it is here.
 */
export class ServerClock {
  private offset = 0;

  /** The date that an answer has, and when it came. */
  note(date: string | undefined, now: number): void {
    const there = date === undefined ? NaN : Date.parse(date);
    // It stays until it is another one: times that are shown do not move with each answer.
    if (!Number.isNaN(there) && Math.abs(there - now - this.offset) > NOTHING_MS) {
      this.offset = Math.abs(there - now) > NOTHING_MS ? there - now : 0;
    }
  }

  toHere(time: Date): Date {
    return this.offset === 0 ? time : new Date(time.getTime() - this.offset);
  }
}
