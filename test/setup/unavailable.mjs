/** A part that cannot be had on this machine. The message says which part, colon, why, and what to do about it. */
export class Unavailable extends Error {
  /** @param {string} message @param {{ cause?: unknown }} [options] */
  constructor(message, options) {
    super(message, options);
    this.name = 'Unavailable';
  }
}
