import { isCancelled, messageOf } from '../../core/errors';
import { t } from '../../core/l10n';
import { isToHost } from '../../protocol/contract';
import type { Contract, EventData, HostHandlers, ToPage } from '../../protocol/contract';

export interface HostEndPorts {
  post(message: ToPage): void;
  /** The page listens: the first one, or one that was made again. */
  onReady(): void;
  /** A handler threw, or a message was not of the contract; for the log. */
  onProblem(message: string): void;
}

/** The host's end of a panel's contract: checks what the page says, answers its requests, cancels them when the page goes. */
export class HostEnd<C extends Contract> {
  private readonly running = new Map<number, AbortController>();
  private listening = false;
  private waiting: (() => void)[] = [];

  constructor(
    private readonly contract: C,
    private readonly handlers: HostHandlers<C>,
    private readonly ports: HostEndPorts,
  ) {}

  send<K extends keyof C['events'] & string>(name: K, data: EventData<C, K>): void {
    this.ports.post({ kind: 'event', name, data });
  }

  /** Calls back when the page listens and has been filled: at once, or when it is made or shown again. */
  whenListening(send: () => void): void {
    if (this.listening) {
      send();
    } else {
      this.waiting.push(send);
    }
  }

  /** One message of the page, not trusted in any way. */
  receive(message: unknown): void {
    if (!isToHost(message)) {
      this.ports.onProblem('a message of the panel was left out: it is not one of ours');
      return;
    }
    switch (message.kind) {
      case 'ready':
        // Requests of a page that is gone have nobody to answer to.
        this.gone();
        this.listening = true;
        this.ports.onReady();
        this.waiting.splice(0).forEach((send) => {
          send();
        });
        break;
      case 'cancel':
        this.running.get(message.id)?.abort();
        break;
      case 'notification':
        this.notified(message.name, message.params);
        break;
      case 'request':
        void this.requested(message.id, message.name, message.params);
        break;
    }
  }

  /** There is no page any more: what it asked for is cancelled. */
  gone(): void {
    this.listening = false;
    for (const controller of this.running.values()) {
      controller.abort();
    }
    this.running.clear();
  }

  private notified(name: string, params: unknown): void {
    const check = Object.hasOwn(this.contract.notifications, name) ? this.contract.notifications[name] : undefined;
    if (check?.(params) !== true) {
      this.ports.onProblem(`message ${name} of the panel was left out: it does not have the shape that was agreed`);
      return;
    }
    try {
      this.handlers.notifications[name as keyof C['notifications']](params as never);
    } catch (error) {
      this.ports.onProblem(`message ${name} of the panel could not be handled: ${messageOf(error)}`);
    }
  }

  private async requested(id: number, name: string, params: unknown): Promise<void> {
    const agreed = Object.hasOwn(this.contract.requests, name) ? this.contract.requests[name] : undefined;
    if (agreed?.params(params) !== true) {
      this.fail(id, t('The request {0} was left out: it does not have the shape that was agreed', name), false);
      return;
    }
    const controller = new AbortController();
    this.running.set(id, controller);
    try {
      const result = await this.handlers.requests[name as keyof C['requests']](params as never, controller.signal);
      if (!controller.signal.aborted) {
        this.ports.post({ kind: 'result', id, result });
      }
    } catch (error) {
      if (!controller.signal.aborted) {
        this.fail(id, messageOf(error), isCancelled(error));
      }
    } finally {
      if (this.running.get(id) === controller) {
        this.running.delete(id);
      }
    }
  }

  private fail(id: number, message: string, cancelled: boolean): void {
    this.ports.post({ kind: 'error', id, error: { message, cancelled } });
  }
}
