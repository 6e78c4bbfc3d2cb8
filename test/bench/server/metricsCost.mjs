// What counting costs: the time of the calls that a request makes, beside the time that the server spends on it.
import { fileURLToPath } from 'node:url';
import { run } from '../../setup/command.mjs';
import { atMost } from './goals.mjs';

/** @import { Figure } from '../figures.mjs' */

/** @param {{ add: (figure: Figure) => void, python: string, cpu: number }} options `cpu`: milliseconds of a request */
export async function benchMetrics({ add, python, cpu }) {
  const text = await run(python, [fileURLToPath(new URL('metrics.py', import.meta.url))]);
  const micro = Number(text);
  const goal = 'below 2 % of a request (64 clients)';
  const figure = { name: 'metrics of a request', unit: 'µs', value: micro, against: cpu * 1000, limit: 20 * cpu, goal };
  add(atMost(figure));
}
