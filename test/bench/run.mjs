#!/usr/bin/env node
// npm run bench -- NAME [--json FILE]: measures beside a baseline, in turns, and says whether the goal holds. JSON:
// {"figures":[{"name","value","unit","against","ratio","goal","holds"}]}; `value` and `against` are medians. Never part of
// npm test. For `server` also --peers a,b, --models a,b and --quick: see server.mjs.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { benchActivation } from './activation.mjs';
import { benchServer } from './server.mjs';
import { benchTree } from './tree.mjs';

/** @import { Figure } from './figures.mjs' */
/** @import { ServerOptions } from './server.mjs' */

/** @type {Record<string, (add: (figure: Figure) => void, options: ServerOptions) => Promise<void>>} */
const benches = { tree: benchTree, activation: benchActivation, server: benchServer };
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'string' },
    peers: { type: 'string' },
    models: { type: 'string' },
    quick: { type: 'boolean' },
  },
});
const names = positionals.length ? positionals : Object.keys(benches);
const unknown = names.filter((name) => !benches[name]);
if (unknown.length) {
  console.error(`There is no benchmark ${unknown.join(', ')}. There are: ${Object.keys(benches).join(', ')}`);
  process.exit(2);
}

/** @type {Figure[]} */
const figures = [];
/** @param {Figure} figure */
const add = (figure) => {
  const { name, value, unit, against, ratio, goal, holds } = figure;
  const beside = against === null ? '' : `, baseline ${against} ${unit} (${ratio} times that)`;
  console.log(`${holds ? '✓' : '✗'} ${name}: ${value} ${unit}, goal ${goal}${beside}`);
  figures.push(figure);
};
for (const name of names) await benches[name]?.(add, values);
if (values.json) writeFileSync(values.json, `${JSON.stringify({ figures }, null, 1)}\n`);
process.exitCode = figures.every(({ holds }) => holds) ? 0 : 1;
