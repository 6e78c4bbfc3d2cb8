// What the inference log costs a prediction: our server with its records in a file, in a real Kafka and with a Kafka that is
// away, each beside the same server without a log, in turns. With --quick short rounds.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../setup/command.mjs';
import { ensureKafka, startKafka } from '../setup/kafka.mjs';
import { cases } from './server/cases.mjs';
import { pythonOf } from './server/environments.mjs';
import { startField, stopField } from './server/field.mjs';
import { atMost, told } from './server/goals.mjs';
import { findWrk } from './server/load.mjs';
import { play, tableOf } from './server/rounds.mjs';
import { endAll } from './server/running.mjs';

/** @import { Figure } from './figures.mjs' */
/** @import { Entry } from './server/field.mjs' */

const here = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.url));
const BASE = 'noLog';
const titles = { fileLog: 'log in a file', kafkaLog: 'log in Kafka', kafkaAway: 'log, Kafka is away' };
/** Where the cores are not used up; at 64 clients the log's process takes a share of them from the workers. */
const GOAL_CLIENTS = [1, 8];

/**
 * @param {(figure: Figure) => void} add
 * @param {{ quick?: boolean | undefined }} options
 */
export async function benchInferenceLog(add, { quick = false }) {
  const log = (/** @type {string} */ text) => console.log(`  ${text}`);
  const root = mkdtempSync(join(tmpdir(), 'ms-bench-'));
  const work = { folder: root, files: join(root, 'models') };
  const wanted = cases.knn;
  if (!wanted) return;
  /** @type {(() => void)[]} */
  const ends = [endAll, () => rmSync(root, { recursive: true, force: true })];
  const end = () => ends.forEach((one) => one());
  for (const name of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']))
    process.once(name, () => process.exit(130));
  process.once('exit', end);
  const python = await pythonOf('records', log);
  const wrk = await findWrk(log);
  mkdirSync(work.files);
  await run(python, [here('server/fit.py'), work.files]);
  const kafka = await startKafka({ python, jars: await ensureKafka({ log }), topic: 'bench' });
  process.env.BENCH_KAFKA = kafka.brokers;
  const names = [BASE, ...Object.keys(titles)];
  const skip = (/** @type {string} */ name, /** @type {string} */ reason) => {
    throw new Error(`Could not start ${name}: ${reason}`);
  };
  const entries = await startField({ wanted, names, work, log, skip });
  const length = quick ? { seconds: 1, turns: 5 } : { seconds: 2, turns: 15 };
  const rounds = await play({ entries, clients: wanted.clients, work, wrk, warm: 'each', ...length });
  console.log(tableOf(rounds, names, wanted.clients));
  for (const [name, title] of Object.entries(titles)) {
    for (const clients of wanted.clients) {
      const against = rounds.median(BASE, clients, 'p50');
      const measured = {
        name: `${title}, ${clients} clients, p50`,
        unit: 'ms',
        value: rounds.median(name, clients, 'p50'),
      };
      const goal = 'at most 1.05 times no log';
      const bound = GOAL_CLIENTS.includes(clients);
      add(bound ? atMost({ ...measured, against, limit: 1.05 * against, goal }) : told({ ...measured, against }));
    }
  }
  for (const entry of entries) await tellCounts(entry, log);
  await stopField(entries);
  await kafka.stop();
}

/** @param {Entry} entry @param {(text: string) => void} log */
async function tellCounts({ name, server }, log) {
  await server.thaw();
  const { inferenceLog } = await (await fetch(`http://127.0.0.1:${server.port}/metrics.json`)).json();
  for (const sink of inferenceLog?.sinks ?? []) log(`${name}: ${JSON.stringify(sink)}`);
}
