import type { PredictParams, PredictReply, Sent } from '../../../src/protocol/views/console';
import { describe } from './exchange';
import { withSent } from './kept';

/** The requests that were sent, the last one first, and the one of them that was brought back. */
export class Past {
  private list: readonly Sent[] = [];
  private recalled = -1;

  /** @param keep has them kept, and drawn */
  constructor(private readonly keep: (sent: readonly Sent[]) => void) {}

  get sent(): readonly Sent[] {
    return this.list;
  }

  /** What was kept before this page. */
  restore(sent: readonly Sent[]): void {
    this.list = sent;
  }

  add(at: number, { verb, body }: PredictParams, reply: PredictReply, name: string | undefined): void {
    const { status, latencyMs, bytes, requestId } = reply;
    const sent = { at, verb, body, what: describe(body, reply, name), status, latencyMs, bytes };
    this.replace(withSent(this.list, requestId === undefined ? sent : { ...sent, request: requestId }));
  }

  clear(): void {
    this.replace([]);
  }

  /** Brings back the one before or after that which was brought back last, where there is one and its text was kept. */
  recall(step: 1 | -1, take: (sent: Sent) => void): void {
    const at = this.recalled + step;
    const sent = this.list[at];
    if (sent !== undefined && sent.body !== '') {
      take(sent);
      // After it: the editor tells of each of its changes, and so of this one.
      this.recalled = at;
    }
  }

  /** Something was typed: the next step begins with the last one again. */
  leave(): void {
    this.recalled = -1;
  }

  private replace(sent: readonly Sent[]): void {
    this.list = sent;
    this.recalled = -1;
    this.keep(sent);
  }
}
