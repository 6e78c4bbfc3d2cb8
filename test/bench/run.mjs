#!/usr/bin/env node
// npm run bench -- NAME [--json FILE]: measures beside a baseline, in turns, and says whether the goal holds. JSON:
// {"figures":[{"name","value","unit","against","ratio","goal","holds"}]}; `value` and `against` are medians. Never part of
// npm test. For `server` also --peers a,b, --models a,b and --quick: see server.mjs; `inferencelog` and `logs` take
// --quick, `docker` --quick and --parts a,b.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { ensureNodeModules } from '../setup/node-modules.mjs';

/** @import { Figure } from './figures.mjs' */
/** @import { ServerOptions } from './server.mjs' */

/** @typedef {(add: (figure: Figure) => void, options: ServerOptions) => Promise<void>} Bench */

/** Loaded when it is run, as they need packages. @type {Record<string, () => Promise<Bench>>} */
const benches = {
  tree: async () => (await import('./tree.mjs')).benchTree,
  activation: async () => (await import('./activation.mjs')).benchActivation,
  server: async () => (await import('./server.mjs')).benchServer,
  inferencelog: async () => (await import('./inferencelog.mjs')).benchInferenceLog,
  docker: async () => (await import('./docker.mjs')).benchDocker,
  logs: async () => (await import('./logs.mjs')).benchLogs,
};
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'string' },
    peers: { type: 'string' },
    models: { type: 'string' },
    parts: { type: 'string' },
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
await ensureNodeModules({ log: (text) => console.log(`  ${text}`) });
for (const name of names) {
  const bench = await benches[name]?.();
  await bench?.(add, values);
}
if (values.json) writeFileSync(values.json, `${JSON.stringify({ figures }, null, 1)}\n`);
process.exitCode = figures.every(({ holds }) => holds) ? 0 : 1;
