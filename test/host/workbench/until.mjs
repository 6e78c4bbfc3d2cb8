/** How long a step may take, in ms. */
export const LIMIT = 15_000;

/** @param {string} text */
const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** @typedef {string | RegExp} Label */

/**
 * A label that occurs somewhere.
 * @param {Label} label
 */
export const within = (label) => (label instanceof RegExp ? label : new RegExp(escaped(label)));

/**
 * A label as the workbench reads it out: the name alone, or followed by a comma and more.
 * @param {Label} label
 */
export const named = (label) =>
  label instanceof RegExp ? label : new RegExp(`^\\s*${escaped(label)}\\s*(,.*)?$`, 's');

/**
 * Repeats `work` until it gives a truthy value, and gives that; what it throws is kept for the message.
 * @template T
 * @param {() => T | Promise<T>} work
 * @param {string} [what] named in the error
 * @param {number} [timeout] in ms
 * @returns {Promise<Exclude<T, undefined | null | false | '' | 0>>}
 */
export async function until(work, what = 'the condition', timeout = LIMIT) {
  const end = Date.now() + timeout;
  /** @type {unknown} */
  let last;
  for (;;) {
    try {
      const value = await work();
      if (value) return /** @type {any} */ (value);
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) {
      const why = last instanceof Error ? `: ${last.message}` : '';
      throw new Error(`${what} did not come within ${timeout} ms${why}`, { cause: last });
    }
    await new Promise((next) => setTimeout(next, 50));
  }
}
