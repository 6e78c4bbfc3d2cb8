/**
 * @typedef {object} Figure
 * @property {string} name
 * @property {number} value the median
 * @property {string} unit
 * @property {number | null} against the baseline's median; null when there is none
 * @property {number | null} ratio
 * @property {string} goal
 * @property {boolean} holds
 */

/** @param {readonly number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? (sorted[middle] ?? NaN) : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}

/**
 * A figure that should stay below a limit.
 * @param {{ name: string, unit: string, values: readonly number[], baseline?: readonly number[], below: number }} measured
 * @returns {Figure}
 */
export function figureBelow({ name, unit, values, baseline, below }) {
  const value = round(median(values));
  const against = baseline ? round(median(baseline)) : null;
  const ratio = against ? round(value / against) : null;
  return { name, value, unit, against, ratio, goal: `below ${below} ${unit}`, holds: value < below };
}

/** @param {number} value */
export const round = (value) => Number(value.toPrecision(3));

/**
 * Milliseconds that a piece of work took.
 * @param {() => unknown} work
 */
export async function timed(work) {
  const started = performance.now();
  await work();
  return performance.now() - started;
}
