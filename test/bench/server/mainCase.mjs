// The case of the goals: nearest neighbours on iris, one row, 1, 8 and 64 clients.
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../../setup/command.mjs';
import { median } from '../figures.mjs';
import { benchBadAmongGood } from './badAmongGood.mjs';
import { WORKERS } from './contestants.mjs';
import { atLeast, atMost, told } from './goals.mjs';
import { benchMetrics } from './metricsCost.mjs';
import { play, tableOf } from './rounds.mjs';

/** @import { Bench } from '../server.mjs' */
/** @import { Case } from './cases.mjs' */
/** @import { Rounds } from './rounds.mjs' */

const MB = 1024 * 1024;
const here = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.url));

/**
 * @param {Case} wanted
 * @param {Bench} bench
 */
export async function benchMain(wanted, bench) {
  const { add, log, entries, peers, python, work, wrk, seconds, turns } = bench;
  /** @type {Record<number, number[]>} by the number of clients: of one row, and of half of the 64 clients' */
  const bare = { 1: [], 64: [] };
  const besides = async (/** @type {number} */ clients) => {
    bare[clients]?.push(await bareCall(python, work.files, seconds, clients === 1 ? 1 : clients / WORKERS));
  };
  log(`${wanted.title}: ${turns} turns of ${seconds} s at ${wanted.clients.join(', ')} clients`);
  const warm = seconds > 1 ? 'each' : 'once';
  const rounds = await play({ entries, clients: wanted.clients, turns, seconds, work, wrk, warm, besides });
  for (const [name, reason] of rounds.lost) console.log(`! ${wanted.title}: ${name} fell out: ${reason}`);
  console.log(
    tableOf(
      rounds,
      entries.map(({ name }) => name),
      wanted.clients,
    ),
  );
  againstPeers(rounds, bench);
  againstItself(rounds, bench, median(bare[1] ?? []));
  againstConstants(rounds, bench, median(bare[64] ?? []));
  benchMemory(bench);
  await benchBadAmongGood(wanted, bench);
  await benchMetrics({ add, python, cpu: rounds.median('ours', 64, 'cpu') });
}

/**
 * Milliseconds of the bare call, the median.
 * @param {string} python
 * @param {string} files
 * @param {number} seconds
 * @param {number} rows
 */
async function bareCall(python, files, seconds, rows) {
  const env = { BENCH_FILES: files, PYTHONPATH: dirname(here('bare.py')), PYTHONDONTWRITEBYTECODE: '1' };
  return JSON.parse(await run(python, [here('bare.py'), here('models/knn.py'), String(seconds), String(rows)], { env }))
    .p50_ms;
}

/** @param {Rounds} rounds @param {Bench} bench */
function againstPeers(rounds, { add, peers }) {
  const fastest = (/** @type {number} */ clients) => rounds.best(peers, clients, 'perSecond', 'largest');
  for (const [server, clients, times] of /** @type {const} */ ([
    ['ours', 64, 10],
    ['ours', 8, 3],
    ['ours', 1, 1],
    ['pure', 64, 1],
  ])) {
    const best = fastest(clients);
    if (!best) continue;
    const title = `${server === 'pure' ? 'pure Python, ' : ''}${clients} client${clients > 1 ? 's' : ''}`;
    const value = rounds.median(server, clients, 'perSecond');
    add(
      atLeast({
        name: title,
        unit: 'req/s',
        value,
        against: best.value,
        times,
        what: `the fastest peer (${best.name})`,
      }),
    );
  }
  const quickest = rounds.best(peers, 1, 'p50', 'smallest');
  if (quickest) {
    const goal = `not above the quickest peer (${quickest.name})`;
    const value = rounds.median('ours', 1, 'p50');
    add(atMost({ name: '1 client, p50', unit: 'ms', value, against: quickest.value, limit: quickest.value, goal }));
  }
  const thrifty = rounds.best(peers, 64, 'cpu', 'smallest');
  if (thrifty) {
    const goal = `not above the thriftiest peer (${thrifty.name})`;
    const value = rounds.median('ours', 64, 'cpu');
    const name = '64 clients, CPU per request';
    add(atMost({ name, unit: 'ms', value, against: thrifty.value, limit: thrifty.value, goal }));
  }
}

/** @param {Rounds} rounds @param {Bench} bench @param {number} bare milliseconds */
function againstItself(rounds, { add, entries }, bare) {
  const [p50, p99] = [rounds.median('ours', 64, 'p50'), rounds.median('ours', 64, 'p99')];
  const name = '64 clients, p99 beside p50';
  add(atMost({ name, unit: 'ms', value: p99, against: p50, limit: 5 * p50, goal: 'below 5 times p50' }));
  for (const [server, more] of /** @type {const} */ ([
    ['ours', 0.2],
    ['pure', 0.6],
  ])) {
    const value = rounds.median(server, 1, 'p50');
    const title = `${server === 'pure' ? 'pure Python, ' : ''}1 client, p50`;
    const goal = `at most the bare call and ${more} ms`;
    add(atMost({ name: title, unit: 'ms', value, against: bare, limit: bare + more, goal }));
  }
  const failed = ['ours', 'pure'].flatMap((server) => [1, 8, 64].flatMap((n) => rounds.of(server, n)));
  const value = failed.reduce((sum, round) => sum + round.failed, 0);
  add(atMost({ name: 'requests that failed', unit: 'requests', value, limit: 0, goal: 'none' }));
  const others = entries.flatMap((entry) => [1, 8, 64].flatMap((n) => rounds.of(entry.name, n)));
  add(told({ name: 'used by others meanwhile', unit: 'cores', value: median(others.map((round) => round.others)) }));
}

/**
 * Beside servers that give a constant answer, and beside what is left of that when the model is called as well: each of
 * the two workers calls it with half of the 64 rows that wait, while the processors do nothing else.
 * @param {Rounds} rounds
 * @param {Bench} bench
 * @param {number} call milliseconds of the bare call with that many rows
 */
function againstConstants(rounds, { add }, call) {
  const value = rounds.median('ours', 64, 'perSecond');
  const unit = 'req/s';
  const constant = (/** @type {string} */ name) => rounds.median(name, 64, 'perSecond');
  for (const [name, what] of /** @type {const} */ ([
    ['uvicorn', 'a constant answer of uvicorn'],
    ['ceiling', 'a constant answer of the same HTTP layer'],
  ])) {
    add(atLeast({ name: '64 clients', unit, value, against: constant(name), times: 0.6, what }));
  }
  const against = 64 / (call / 1000 + 64 / constant('ceiling'));
  add(told({ name: '64 clients, beside the bare calls and the constant answers in turns', unit, value, against }));
}

/** @param {Bench} bench */
function benchMemory({ add, entries, peers }) {
  const own = entries.find(({ name }) => name === 'ours');
  const others = entries.filter(({ name }) => peers.includes(name)).sort((a, b) => a.memory - b.memory);
  const [least] = others;
  if (!own || !least) return;
  const goal = `below any peer's (${least.name})`;
  const [value, against] = [own.memory / MB, least.memory / MB];
  add(atMost({ name: 'memory of a worker', unit: 'MB', value, against, limit: against, goal }));
}
