import { t } from './l10n';
/** What kind of thing went wrong; decides wording and remedies, never parsed from a message. */
export type ErrorCode =
  | 'cancelled'
  | 'invalid'
  | 'notFound'
  | 'exists'
  | 'conflict'
  | 'untrusted'
  | 'unavailable'
  | 'unreachable'
  /** Nobody is signed in there, or the key is not taken. */
  | 'signedOut'
  /** The key or the role does not allow it. */
  | 'forbidden'
  /** Whoever answers is not who is meant, as far as the certificate can tell. */
  | 'certificate'
  | 'timeout'
  | 'portInUse'
  | 'python'
  | 'package'
  | 'script'
  | 'model'
  | 'inference'
  | 'disk'
  | 'internal';

/** The button after an error: what a person can do about it. The UI maps each kind to one command. */
export type Remedy =
  | { readonly kind: 'openFile'; readonly file: string; readonly line?: number }
  | { readonly kind: 'showLogs'; readonly serving?: string }
  | { readonly kind: 'installPackages'; readonly packages: readonly string[] }
  | { readonly kind: 'selectInterpreter' }
  | { readonly kind: 'choosePort' }
  | { readonly kind: 'raiseLimit'; readonly setting: string }
  | { readonly kind: 'openSettings'; readonly setting: string }
  | { readonly kind: 'trust' }
  | { readonly kind: 'openDefinition'; readonly field?: string }
  | { readonly kind: 'createScript' }
  | { readonly kind: 'start' }
  | { readonly kind: 'edit' }
  | { readonly kind: 'restart' }
  /** Of what failed elsewhere: it has to be stopped before it can be started. */
  | { readonly kind: 'stopAndStart' }
  | { readonly kind: 'stop' }
  | { readonly kind: 'setSecret'; readonly name: string }
  | { readonly kind: 'exportModel' }
  | { readonly kind: 'cleanUp' }
  /** Stands in a terminal, to be sent by the person: it may need a password, or take something away. */
  | { readonly kind: 'typeCommand'; readonly command: string }
  | { readonly kind: 'openPage'; readonly url: string }
  /** Asks for the API key of a connection. */
  | { readonly kind: 'signIn'; readonly connection: string }
  | { readonly kind: 'editConnection'; readonly connection: string }
  /** Looks what of a connection is missing. */
  | { readonly kind: 'testConnection'; readonly connection: string }
  /** Asks where the Kafka broker is. */
  | { readonly kind: 'setUpKafka' }
  | { readonly kind: 'runDoctor' };

/** The limit of each replica's memory, as a field of the definition. */
export const MEMORY_LIMIT = 'resources.memoryMb';

export interface ErrorInfo {
  readonly cause?: unknown;
  /** The fix first, then where to look. */
  readonly remedies?: readonly Remedy[];
  readonly about?: About;
}

/** The serving that an error is about, so that its remedies know their target. */
export interface About {
  readonly backend: string;
  readonly name: string;
}

/** The one error that crosses a module boundary. The message is fit for users: what failed, colon, reason. */
export class ServingError extends Error {
  readonly code: ErrorCode;
  readonly remedies: readonly Remedy[];
  readonly about: About | undefined;

  constructor(code: ErrorCode, message: string, info: ErrorInfo = {}) {
    super(message, info.cause === undefined ? undefined : { cause: info.cause });
    this.name = 'ServingError';
    this.code = code;
    this.remedies = info.remedies ?? [];
    this.about = info.about;
  }

  /** The same error, about a serving. */
  of(about: About): ServingError {
    return this.about
      ? this
      : new ServingError(this.code, this.message, { cause: this, remedies: this.remedies, about });
  }

  static cancelled(what: string): ServingError {
    return new ServingError('cancelled', t('{0} was cancelled', what));
  }
}

export function isCancelled(error: unknown): boolean {
  return error instanceof ServingError
    ? error.code === 'cancelled'
    : error instanceof Error && error.name === 'AbortError';
}

/** A sentence for any thrown value, without its stack. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The error itself when it is one of ours, else ours around it: `context: reason`. */
export function toServingError(error: unknown, code: ErrorCode, context: string): ServingError {
  if (error instanceof ServingError) {
    return error;
  }
  if (isCancelled(error)) {
    return new ServingError('cancelled', t('{0}: cancelled', context), { cause: error });
  }
  const full = isNodeError(error) && error.code === 'ENOSPC';
  return new ServingError(full ? 'disk' : code, `${context}: ${full ? t('the disk is full') : messageOf(error)}`, {
    cause: error,
  });
}

/** Whether this is a failed system call of Node, with its code (`ENOENT` …). */
export function isNodeError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && typeof error.code === 'string';
}
