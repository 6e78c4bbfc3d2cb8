import { isToPage } from '../../src/protocol/contract';
import type {
  Contract,
  NotificationParams,
  PageHandlers,
  RequestParams,
  RequestResult,
  ToHost,
} from '../../src/protocol/contract';
import { t } from './l10n';

interface VsCodeApi {
  postMessage(message: ToHost): void;
  getState(): unknown;
  setState(state: unknown): void;
}
declare function acquireVsCodeApi(): VsCodeApi;

/** Why a request was not answered; `cancelled` when it was this page that gave it up. */
export class HostError extends Error {
  constructor(
    message: string,
    readonly cancelled: boolean,
  ) {
    super(message);
    this.name = 'HostError';
  }
}

interface Waiting {
  resolve(result: unknown): void;
  reject(error: HostError): void;
}

/** The page's end of a panel's contract. Messages of the host are checked; what does not fit is left out and said on the console. */
export class Host<C extends Contract> {
  private readonly api = acquireVsCodeApi();
  private readonly waiting = new Map<number, Waiting>();
  private lastId = 0;

  constructor(
    private readonly contract: C,
    private readonly handlers: PageHandlers<C>,
  ) {}

  /** Says that the page listens; the host answers with its state. */
  ready(): void {
    window.addEventListener('message', (event: MessageEvent<unknown>) => {
      this.receive(event.data);
    });
    this.api.postMessage({ kind: 'ready' });
  }

  notify<K extends keyof C['notifications'] & string>(name: K, params: NotificationParams<C, K>): void {
    this.api.postMessage({ kind: 'notification', name, params });
  }

  /** Rejects with a HostError. */
  request<K extends keyof C['requests'] & string>(
    name: K,
    params: RequestParams<C, K>,
    signal: AbortSignal,
  ): Promise<RequestResult<C, K>> {
    const check = this.contract.requests[name]?.result;
    return new Promise((resolve, reject) => {
      const id = ++this.lastId;
      this.waiting.set(id, {
        resolve: (result) => {
          if (check?.(result) === true) {
            resolve(result as RequestResult<C, K>);
          } else {
            reject(new HostError(t('The reply could not be read: it does not have the shape that was agreed'), false));
          }
        },
        reject,
      });
      signal.addEventListener(
        'abort',
        () => {
          if (this.waiting.delete(id)) {
            this.api.postMessage({ kind: 'cancel', id });
            reject(new HostError(t('Cancelled'), true));
          }
        },
        { once: true },
      );
      this.api.postMessage({ kind: 'request', id, name, params });
    });
  }

  /** What `save` kept, also after the panel was hidden or the window reloaded. */
  get saved(): unknown {
    return this.api.getState();
  }

  save(state: unknown): void {
    this.api.setState(state);
  }

  private receive(message: unknown): void {
    if (!isToPage(message)) {
      return;
    }
    if (message.kind === 'event') {
      const check = this.contract.events[message.name];
      if (check?.(message.data) !== true) {
        throw new Error(`Message ${message.name} was left out: it does not have the shape that was agreed`);
      }
      this.handlers[message.name as keyof C['events']](message.data as never);
      return;
    }
    const waiting = this.waiting.get(message.id);
    this.waiting.delete(message.id);
    if (message.kind === 'result') {
      waiting?.resolve(message.result);
    } else {
      waiting?.reject(new HostError(message.error.message, message.error.cancelled));
    }
  }
}

/** What was thrown, as a sentence. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
