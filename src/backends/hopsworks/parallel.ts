/** Works on some at once; the first failure ends the others, and is told when all have ended. */
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
  const worker = async (): Promise<void> => {
    try {
      for (let next = waiting.next(); next.done !== true; next = waiting.next()) {
        signal.throwIfAborted();
        await work(next.value, signal);
      }
    } catch (error) {
      first ??= { error };
      failed.abort();
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  if (first) {
    throw first.error;
  }
}
