// Figures beside their goals. `value` and `against` are medians of the rounds.
import { round } from '../figures.mjs';

/** @import { Figure } from '../figures.mjs' */

/**
 * @typedef {object} Measured
 * @property {string} name
 * @property {string} unit
 * @property {number} value
 * @property {number} [against]
 */

/**
 * At least `times` what it is compared with.
 * @param {Measured & { times: number, what: string }} measured `what` it is compared with
 * @returns {Figure}
 */
export function atLeast({ times, what, ...measured }) {
  const figure = compared(measured);
  const goal = `at least ${times === 1 ? '' : times < 1 ? `${times * 100} % of ` : `${times} times `}${what}`;
  return { ...figure, goal, holds: measured.value >= times * (measured.against ?? NaN) };
}

/**
 * Not above a limit.
 * @param {Measured & { limit: number, goal: string }} measured
 * @returns {Figure}
 */
export function atMost({ limit, goal, ...measured }) {
  return { ...compared(measured), goal, holds: measured.value <= limit };
}

/**
 * Something to know, without a goal.
 * @param {Measured} measured
 * @returns {Figure}
 */
export function told(measured) {
  return { ...compared(measured), goal: 'none, to know', holds: true };
}

/** @param {Measured} measured */
function compared({ name, unit, value, against }) {
  const beside = against === undefined || Number.isNaN(against) ? null : round(against);
  return { name, unit, value: round(value), against: beside, ratio: beside ? round(value / beside) : null };
}
