/** How long those on their way may still take after a failure. */
const GRACE_MS = 3000;

/**
 * Works on some at once; after the first failure nothing more is begun, and it is told when all have ended. What is on its
 * way may end by itself: a server goes on with what was cut off, and nobody would know until when.
 */
export async function inParallel<T>(
  items: Iterable<T>,
  atOnce: number,
  outer: AbortSignal,
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const failed = new AbortController();
  const signal = AbortSignal.any([outer, failed.signal]);
  const waiting = items[Symbol.iterator]();
  let first: { readonly error: unknown } | undefined;
  let grace: NodeJS.Timeout | undefined;
  const worker = async (): Promise<void> => {
    try {
      for (let next = waiting.next(); next.done !== true; next = waiting.next()) {
        signal.throwIfAborted();
        if (first) {
          return;
        }
        await work(next.value, signal);
      }
    } catch (error) {
      first ??= { error };
      grace ??= setTimeout(() => {
        failed.abort();
      }, GRACE_MS);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  clearTimeout(grace);
  if (first) {
    throw first.error;
  }
}
