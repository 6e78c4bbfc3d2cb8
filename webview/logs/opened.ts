/** Which lines are open, and in which of them the frames that are not the user's. By the ids of the items. */
export class Opened {
  private readonly lines = new Set<number>();
  private readonly frames = new Set<number>();

  has(id: number | undefined): boolean {
    return id !== undefined && this.lines.has(id);
  }

  hasFrames(id: number): boolean {
    return this.frames.has(id);
  }

  toggle(id: number): void {
    toggle(this.lines, id);
  }

  toggleFrames(id: number): void {
    toggle(this.frames, id);
  }

  clear(): void {
    this.lines.clear();
    this.frames.clear();
  }
}

function toggle(set: Set<number>, id: number): void {
  if (!set.delete(id)) {
    set.add(id);
  }
}
