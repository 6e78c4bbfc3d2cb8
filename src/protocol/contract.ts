import { isObject } from '../core/objects';
import { isBoolean, isCount, isString, shape, word } from './checks';
import type { Check, Checked } from './checks';

/**
 * What one panel and its host say to each other, as checks: the types follow from them, so that a message that is
 * not checked cannot be read and one without a handler does not compile.
 */
export interface Contract {
  /** Host → page, no answer. */
  readonly events: Readonly<Record<string, Check<unknown>>>;
  /** Page → host, answered once. */
  readonly requests: Readonly<Record<string, { readonly params: Check<unknown>; readonly result: Check<unknown> }>>;
  /** Page → host, no answer. */
  readonly notifications: Readonly<Record<string, Check<unknown>>>;
}

export type EventData<C extends Contract, K extends keyof C['events']> = Checked<C['events'][K]>;
export type RequestParams<C extends Contract, K extends keyof C['requests']> = Checked<C['requests'][K]['params']>;
export type RequestResult<C extends Contract, K extends keyof C['requests']> = Checked<C['requests'][K]['result']>;
export type NotificationParams<C extends Contract, K extends keyof C['notifications']> = Checked<C['notifications'][K]>;

export interface HostHandlers<C extends Contract> {
  readonly requests: {
    readonly [K in keyof C['requests']]: (
      params: RequestParams<C, K>,
      signal: AbortSignal,
    ) => Promise<RequestResult<C, K>>;
  };
  readonly notifications: {
    readonly [K in keyof C['notifications']]: (params: NotificationParams<C, K>) => void;
  };
}

export type PageHandlers<C extends Contract> = {
  readonly [K in keyof C['events']]: (data: EventData<C, K>) => void;
};

/** Why a request was not answered; the message is fit for users. */
export interface WireError {
  readonly message: string;
  readonly cancelled: boolean;
}

export type ToPage =
  | { readonly kind: 'event'; readonly name: string; readonly data: unknown }
  | { readonly kind: 'result'; readonly id: number; readonly result: unknown }
  | { readonly kind: 'error'; readonly id: number; readonly error: WireError };

/** `ready` comes first from every page, also from one that was made again when its panel was shown again. */
export type ToHost =
  | { readonly kind: 'ready' }
  | { readonly kind: 'request'; readonly id: number; readonly name: string; readonly params: unknown }
  | { readonly kind: 'cancel'; readonly id: number }
  | { readonly kind: 'notification'; readonly name: string; readonly params: unknown };

const isWireError = shape<WireError>({ message: isString, cancelled: isBoolean }, {});

export function isToPage(value: unknown): value is ToPage {
  if (!isObject(value) || !word('event', 'result', 'error')(value.kind)) {
    return false;
  }
  return value.kind === 'event'
    ? isString(value.name)
    : isCount(value.id) && (value.kind === 'result' || isWireError(value.error));
}

export function isToHost(value: unknown): value is ToHost {
  if (!isObject(value) || !word('ready', 'request', 'cancel', 'notification')(value.kind)) {
    return false;
  }
  switch (value.kind) {
    case 'request':
      return isCount(value.id) && isString(value.name);
    case 'cancel':
      return isCount(value.id);
    case 'notification':
      return isString(value.name);
    case 'ready':
      return true;
  }
}
