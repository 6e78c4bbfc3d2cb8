import { ServingError } from '../../../core/errors';
import { t } from '../../../core/l10n';

/**
 * Does some work that ends with the signal and after so many milliseconds, whether or not the work itself obeys. Rejects
 * with `cancelled` and `timeout` then.
 */
export async function limited<T>(
  what: string,
  signal: AbortSignal | undefined,
  milliseconds: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const own = new AbortController();
  let end = (_error: ServingError): void => undefined;
  const ended = new Promise<never>((_resolve, reject) => {
    end = (error) => {
      reject(error);
      own.abort();
    };
  });
  // It may reject when nobody waits any more.
  ended.catch(() => undefined);
  const cancel = (): void => {
    end(ServingError.cancelled(what));
  };
  if (signal?.aborted) {
    throw ServingError.cancelled(what);
  }
  signal?.addEventListener('abort', cancel, { once: true });
  const timer = Number.isFinite(milliseconds)
    ? setTimeout(() => {
        end(
          new ServingError(
            'timeout',
            t('{0}: the engine did not answer within {1} seconds', what, milliseconds / 1000),
          ),
        );
      }, milliseconds)
    : undefined;
  try {
    return await Promise.race([work(own.signal), ended]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', cancel);
  }
}
