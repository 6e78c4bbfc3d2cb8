/** Which lines are open, and how: with the frames that are not the user's, as JSON. By the ids of their rows. */
export class Opened {
  readonly lines = new Switches();
  readonly frames = new Switches();
  readonly json = new Switches();

  clear(): void {
    this.lines.clear();
    this.frames.clear();
    this.json.clear();
  }
}

class Switches {
  private readonly on = new Set<number>();

  has(id: number | undefined): boolean {
    return id !== undefined && this.on.has(id);
  }

  toggle(id: number): void {
    if (!this.on.delete(id)) {
      this.on.add(id);
    }
  }

  clear(): void {
    this.on.clear();
  }
}
