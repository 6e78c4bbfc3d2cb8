// Our server beside its peers from PyPI, in one interleaved run on this computer. Options: --peers a,b (or none), --models
// a,b (cases.mjs; `all` takes the heavy ones as well), --quick (the first case, short rounds).
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../setup/command.mjs';
import { cases } from './server/cases.mjs';
import { constants, peerServers, usualPeers } from './server/contestants.mjs';
import { heavyFolder, pythonOf } from './server/environments.mjs';
import { startField, stopField } from './server/field.mjs';
import { findWrk } from './server/load.mjs';
import { benchMain } from './server/mainCase.mjs';
import { benchOther } from './server/otherCases.mjs';
import { endAll } from './server/running.mjs';
import { benchStart } from './server/startTime.mjs';

/** @import { Figure } from './figures.mjs' */
/** @import { Entry, Work } from './server/field.mjs' */

/** @typedef {{ peers?: string | undefined, models?: string | undefined, quick?: boolean | undefined }} ServerOptions */
/**
 * @typedef {object} Bench what every part of it gets
 * @property {(figure: Figure) => void} add
 * @property {(text: string) => void} log
 * @property {Work} work
 * @property {string | undefined} wrk
 * @property {string} python of our server
 * @property {readonly Entry[]} entries
 * @property {readonly string[]} peers the names of those that run
 * @property {number} seconds of a round
 * @property {number} turns
 */

/**
 * @param {(figure: Figure) => void} add
 * @param {ServerOptions} options
 */
export async function benchServer(add, { peers, models, quick = false }) {
  if (process.platform !== 'linux')
    throw new Error('Could not measure the server: the bench reads /proc, run it on Linux');
  const wanted = chosen(models, quick);
  const named = peers === 'none' ? [] : (peers?.split(',') ?? usualPeers);
  const unknown = named.filter((name) => !peerServers[name]);
  if (unknown.length) throw new Error(`There is no peer ${unknown.join(', ')}: there are ${Object.keys(peerServers)}`);
  const log = (/** @type {string} */ text) => console.log(`  ${text}`);
  const root = mkdtempSync(join(tmpdir(), 'ms-bench-'));
  const work = { folder: root, files: join(root, 'models') };
  const stop = () => {
    endAll();
    rmSync(root, { recursive: true, force: true });
  };
  const stopped = () => {
    stop();
    process.exit(130);
  };
  for (const name of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.once(name, stopped);
  process.once('exit', stop);
  try {
    const wrk = await findWrk(log);
    const python = await pythonOf('compiled', log);
    mkdirSync(work.files);
    const heavy = wanted.includes('xgboost') ? [await heavyFolder('xgboost', log)] : [];
    await run(python, [fileURLToPath(new URL('server/fit.py', import.meta.url)), work.files, ...heavy]);
    const length = quick ? { seconds: 1, turns: 2 } : { seconds: 3, turns: 3 };
    await benchStart({ add, python, work, turns: quick ? 3 : 7 });
    for (const name of wanted) await benchCase(name, { add, log, work, wrk, python, named, ...length });
  } finally {
    stop();
  }
}

/**
 * The names of the cases that are asked for.
 * @param {string | undefined} models
 * @param {boolean} quick
 */
function chosen(models, quick) {
  const light = Object.keys(cases).filter((name) => !cases[name]?.heavy);
  if (models === undefined) return quick ? ['knn'] : light;
  const names = models === 'all' ? Object.keys(cases) : models.split(',');
  const unknown = names.filter((name) => !cases[name]);
  if (unknown.length)
    throw new Error(`There is no model ${unknown.join(', ')}: there are ${Object.keys(cases).join(', ')}`);
  return names;
}

/**
 * @param {string} name
 * @param {Omit<Bench, 'entries' | 'peers'> & { named: readonly string[] }} bench
 */
async function benchCase(name, { named, ...bench }) {
  const { add, log, work } = bench;
  const wanted = cases[name];
  if (!wanted) return;
  log(`${wanted.title}: starting ${2 + named.length} servers`);
  const main = name === 'knn';
  const names = ['ours', ...(main ? ['pure'] : []), ...named, ...(main ? constants : [])];
  /** @type {string[]} */
  const missing = [];
  const skip = (/** @type {string} */ server, /** @type {string} */ reason) => {
    console.log(`! ${wanted.title}: ${server} is not in the field: ${reason}`);
    missing.push(server);
  };
  const entries = await startField({ wanted, names, work, log, skip });
  try {
    const peers = entries.map((entry) => entry.name).filter((server) => peerServers[server]);
    if (main) await benchMain(wanted, { ...bench, entries, peers });
    else await benchOther(wanted, { ...bench, entries, peers });
  } finally {
    await stopField(entries);
  }
  if (missing.length) {
    const value = missing.length;
    const title = `${wanted.title}: servers that could not be measured (${missing.join(', ')})`;
    add({ name: title, unit: 'servers', value, against: null, ratio: null, goal: 'none missing', holds: false });
  }
}
