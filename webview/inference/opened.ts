import type { BodySide } from '../../src/protocol/inferencePanel';
import type { RecordView } from '../../src/protocol/views/record';
import { readableBody } from '../common/coloured';
import type { Child } from '../common/dom';

/** A record that is open: what the host said of it, and how it is shown. */
export class OpenRecord {
  view: RecordView | undefined;
  /** Why there is nothing to show. */
  problem: string | undefined;
  raw = false;
  /** What is being done with it, or was: "Saved as three flowers". */
  note: string | undefined;
  /** Laying out a long body takes a while: done once. */
  private readonly made = new Map<string, readonly Child[]>();

  body(side: BodySide): readonly Child[] {
    const { text, cutFrom } = this.view?.[side] ?? {};
    if (text === undefined) {
      return [];
    }
    const key = `${side} ${String(this.raw)}`;
    const made = this.made.get(key) ?? (this.raw ? [text] : readableBody(text, cutFrom !== undefined));
    this.made.set(key, made);
    return made;
  }
}
