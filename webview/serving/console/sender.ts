import type { PredictFailure, PredictParams, PredictReply } from '../../../src/protocol/views/console';
import { HostError, messageOf } from '../../common/host';
import type { Exchange } from './exchange';

export interface SenderPorts {
  predict(asked: PredictParams, signal: AbortSignal): Promise<PredictReply | PredictFailure>;
  draw(): void;
}

/** Sends one request at a time, and knows where it is. */
export class Sender {
  private now: Exchange = { kind: 'none' };
  private running: AbortController | undefined;

  constructor(private readonly ports: SenderPorts) {}

  get exchange(): Exchange {
    return this.now;
  }

  get isRunning(): boolean {
    return this.running !== undefined;
  }

  /** The reply; undefined when there is none, which `exchange` tells. */
  async send(asked: PredictParams): Promise<PredictReply | undefined> {
    this.running = new AbortController();
    this.show({ kind: 'waiting', since: Date.now(), text: '' });
    const after = await this.ask(asked, this.running.signal);
    this.running = undefined;
    this.show(after);
    return after.kind === 'reply' ? after.reply : undefined;
  }

  cancel(): void {
    this.running?.abort();
  }

  /** More of the reply to the request that waits. */
  part(text: string): void {
    if (this.now.kind === 'waiting') {
      this.show({ ...this.now, text: this.now.text + text });
    }
  }

  private async ask(asked: PredictParams, signal: AbortSignal): Promise<Exchange> {
    try {
      const reply = await this.ports.predict(asked, signal);
      return 'remedies' in reply ? { kind: 'failed', failure: reply } : { kind: 'reply', reply };
    } catch (error) {
      return error instanceof HostError && error.cancelled
        ? { kind: 'cancelled' }
        : { kind: 'failed', failure: { message: messageOf(error), remedies: [] } };
    }
  }

  private show(exchange: Exchange): void {
    this.now = exchange;
    this.ports.draw();
  }
}
