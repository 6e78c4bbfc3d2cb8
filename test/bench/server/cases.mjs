// What is served and what is sent: a model, a body, and how many clients send it at once.

/** @import { Shot } from './running.mjs' */
/** @typedef {'v1' | 'v2'} Form `instances` in JSON, or a tensor of the Open Inference Protocol */

/**
 * @typedef {object} Case
 * @property {string} title
 * @property {string} script in models/
 * @property {number} rows of a request
 * @property {readonly number[]} clients
 * @property {'xgboost' | 'torch'} [heavy] the package that it needs beside the others
 * @property {number} [seconds] of a round at least
 * @property {boolean} [slow] health is asked for meanwhile
 * @property {number} [badEvery] each n-th request holds a row that the model refuses
 */

/** The bytes of a row in JSON, about. */
const ROW_BYTES = 19;

/** @type {Readonly<Record<string, Case>>} */
export const cases = {
  knn: { title: 'iris KNN, one row', script: 'knn', rows: 1, clients: [1, 8, 64] },
  knn1000: { title: 'iris KNN, 1,000 rows', script: 'knn', rows: 1000, clients: [8] },
  mb5: { title: 'sums, 5 MB', script: 'sums', rows: Math.round(5_000_000 / ROW_BYTES), clients: [4], seconds: 8 },
  forest: { title: 'forest of 100 trees', script: 'forest', rows: 1, clients: [1, 64] },
  sleep: { title: '50 ms sleep', script: 'sleep', rows: 1, clients: [8, 64], slow: true },
  rows: { title: 'cost grows with rows', script: 'rows', rows: 1, clients: [1, 64], slow: true },
  tenth: { title: 'every tenth row fails', script: 'tenth', rows: 1, clients: [64], badEvery: 10 },
  xgboost: { title: 'XGBoost', script: 'xgb', rows: 1, clients: [1, 64], heavy: 'xgboost', slow: true },
  torch: { title: 'small PyTorch net', script: 'net', rows: 1, clients: [1, 64], heavy: 'torch', slow: true },
};

/**
 * A request of so many rows.
 * @param {Form} form
 * @param {string} path
 * @param {number} count
 * @returns {Shot}
 */
export function shotOf(form, path, count) {
  return shot(
    form,
    path,
    Array.from({ length: count }, (_, n) => row(n)),
  );
}

/**
 * One that the model refuses: a number is missing, or the first one is negative.
 * @param {Form} form
 * @param {string} path
 * @param {boolean} short
 * @returns {Shot}
 */
export function badShotOf(form, path, short) {
  const [first = 0, ...others] = row(0);
  return shot(form, path, [short ? others : [-first, ...others]]);
}

/**
 * @param {Form} form
 * @param {string} path
 * @param {number[][]} rows
 * @returns {Shot}
 */
function shot(form, path, rows) {
  const tensor = { name: 'x', shape: [rows.length, rows[0]?.length ?? 0], datatype: 'FP64', data: rows.flat() };
  return { path, body: Buffer.from(JSON.stringify(form === 'v1' ? { instances: rows } : { inputs: [tensor] })) };
}

/**
 * A flower; they differ, so that answers do.
 * @param {number} n
 */
function row(n) {
  const size = (n % 50) / 20;
  return [4.9 + size, 3.1, 1.5 + 2 * size, 0.2 + size].map((value) => Number(value.toFixed(2)));
}

/**
 * The predictions in a reply of any of the servers; undefined when there are none.
 * @param {string} text
 * @returns {readonly number[] | undefined}
 */
export function predictionsOf(text) {
  try {
    const reply = JSON.parse(text);
    const found = Array.isArray(reply) ? reply : (reply.predictions ?? reply.outputs?.[0]?.data);
    return Array.isArray(found) ? found.flat().map(Number) : undefined;
  } catch {
    return undefined;
  }
}
