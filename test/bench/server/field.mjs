// The servers of one case, running side by side; only the one that is measured gets the processors.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { shotOf, predictionsOf } from './cases.mjs';
import { constants, ownServers, peerServers, variablesOf } from './contestants.mjs';
import { heavyFolder, pythonOf } from './environments.mjs';
import { freePort, post, startServer, waitUntilAnswers } from './running.mjs';

/** @import { Case } from './cases.mjs' */
/** @import { Running, Shot } from './running.mjs' */

/**
 * @typedef {object} Entry
 * @property {string} name
 * @property {Running} server
 * @property {Shot} shot what the case sends
 * @property {Shot} one a request with one row
 * @property {'v1' | 'v2'} form
 * @property {number} seconds from its start to its first answer
 * @property {number} memory of its largest worker, of a peer's smallest, in bytes
 */

/** @typedef {{ folder: string, files: string }} Work everything that a run writes, and therein the fitted models */

/** Peers wait for much while they start. */
const AT_ONCE = 2;

/**
 * Starts the servers and freezes each; those that can't be started are told to `skip`.
 * @param {object} options
 * @param {Case} options.wanted
 * @param {readonly string[]} options.names
 * @param {Work} options.work
 * @param {(text: string) => void} options.log
 * @param {(name: string, reason: string) => void} options.skip
 * @returns {Promise<Entry[]>}
 */
export async function startField({ wanted, names, work, log, skip }) {
  const heavy = wanted.heavy && (await heavyFolder(wanted.heavy, log));
  const script = fileURLToPath(new URL(`models/${wanted.script}.py`, import.meta.url));
  /** @type {Entry[]} */
  const entries = [];
  /** @type {string | undefined} */
  let expected;
  const start = async (/** @type {string} */ name) => {
    try {
      const entry = await startEntry({ name, wanted, script, work, log, ...(heavy && { heavy }) });
      entries.push(entry);
      const { text } = await post(entry.server.port, entry.one);
      const found = predictionsOf(text)?.join();
      expected ??= found;
      if (!constants.includes(name) && (found === undefined || found !== expected)) {
        await entry.server.stop();
        entries.splice(entries.indexOf(entry), 1);
        throw new Error(`It answers ${text} where ${expected} is right`);
      }
      await entry.server.freeze();
    } catch (error) {
      skip(name, error instanceof Error ? error.message : String(error));
    }
  };
  // Ours come first: what they answer is what the others have to.
  const own = names.filter((name) => ownServers[name]);
  for (const name of own) await start(name);
  const queue = names.filter((name) => !ownServers[name]);
  const helper = async () => {
    for (let name = queue.shift(); name; name = queue.shift()) await start(name);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, helper));
  return entries.sort((a, b) => names.indexOf(a.name) - names.indexOf(b.name));
}

/**
 * @param {{ name: string, wanted: Case, script: string, work: Work, log: (text: string) => void, heavy?: string }} options
 * @returns {Promise<Entry>}
 */
async function startEntry({ name, wanted, script, work, log, heavy }) {
  const contestant = ownServers[name] ?? peerServers[name];
  if (!contestant) throw new Error(`There is no server ${name}: there are ${Object.keys(peerServers).join(', ')}`);
  const python = await pythonOf(contestant.requirements, log);
  const port = await freePort();
  const folder = join(work.folder, `${name}-${port}`);
  mkdirSync(folder);
  const env = variablesOf({
    python,
    port,
    folder,
    script,
    files: work.files,
    rows: wanted.rows,
    ...(heavy && { heavy }),
  });
  const one = shotOf(contestant.form, contestant.path, 1);
  const sample = JSON.parse(shotOf('v1', '', 1).body.toString()).instances;
  const { command, env: own } = await contestant.start({ python, port, folder, script, sample, env });
  const log_ = join(work.folder, `${name}.log`);
  const { server, seconds } = await startServer({
    name,
    command,
    port,
    cwd: folder,
    env: { ...env, ...own },
    shot: one,
    log: log_,
  });
  await server.settle();
  for (let n = 0; n < 50; n++) await post(port, one);
  const sizes = server.workerMemory('/sklearn/');
  // Whatever doubt there is goes to the peers.
  const memory = (ownServers[name] ? sizes.at(-1) : sizes[0]) ?? 0;
  const shot = shotOf(contestant.form, contestant.path, wanted.rows);
  return { name, server, shot, one, form: contestant.form, seconds, memory };
}

/**
 * Does something with one server while the others rest.
 * @template T
 * @param {Entry} entry
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function awake(entry, work) {
  await entry.server.thaw();
  try {
    await waitUntilAnswers(entry.server, entry.one, 20);
    return await work();
  } finally {
    await entry.server.freeze();
  }
}

/** @param {readonly Entry[]} entries */
export async function stopField(entries) {
  await Promise.all(entries.map(({ server }) => server.stop()));
}
