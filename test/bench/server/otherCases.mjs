// Other models and other sizes: never slower than the fastest peer, and health answers meanwhile.
import { setTimeout as sleep } from 'node:timers/promises';
import { median } from '../figures.mjs';
import { sendBoth } from './badAmongGood.mjs';
import { atLeast, atMost, told } from './goals.mjs';
import { play, tableOf } from './rounds.mjs';
import { get } from './running.mjs';

/** @import { Bench } from '../server.mjs' */
/** @import { Case } from './cases.mjs' */
/** @import { Entry } from './field.mjs' */
/** @import { Round } from './load.mjs' */

/** Rounds of equal servers differ by this much. */
const NOISE = 0.95;
const HEALTH_MS = 100;

/**
 * @param {Case} wanted
 * @param {Bench} bench
 */
export async function benchOther(wanted, bench) {
  if (wanted.badEvery) return benchRefusing(wanted, wanted.badEvery, bench);
  const { add, entries, peers, work, wrk, seconds, turns } = bench;
  /** @type {number[]} */
  const waits = [];
  const around = async (
    /** @type {Entry} */ entry,
    /** @type {number} */ _,
    /** @type {() => Promise<Round>} */ run,
  ) => {
    if (entry.name !== 'ours' || !wanted.slow) return run();
    const done = new AbortController();
    const asking = askHealth(entry.server.port, done.signal, waits);
    const round = await run();
    done.abort();
    await asking;
    return round;
  };
  const rounds = await play({
    entries,
    clients: wanted.clients,
    turns: Math.min(turns, 2),
    seconds: Math.max(Math.min(seconds, 2), wanted.seconds ?? 0),
    work,
    wrk,
    warm: 'once',
    around,
  });
  for (const [name, reason] of rounds.lost) console.log(`! ${wanted.title}: ${name} fell out: ${reason}`);
  console.log(
    tableOf(
      rounds,
      entries.map(({ name }) => name),
      wanted.clients,
    ),
  );
  for (const clients of wanted.clients) {
    const best = rounds.best(peers, clients, 'perSecond', 'largest');
    const value = rounds.median('ours', clients, 'perSecond');
    const name = `${wanted.title}, ${clients} client${clients > 1 ? 's' : ''}`;
    const failed = rounds.of('ours', clients).reduce((sum, round) => sum + round.failed, 0);
    if (failed) add(atMost({ name: `${name}: failed`, unit: 'requests', value: failed, limit: 0, goal: 'none' }));
    if (!best) add(told({ name, unit: 'req/s', value }));
    else
      add(
        atLeast({
          name,
          unit: 'req/s',
          value,
          against: best.value,
          times: NOISE,
          what: `the fastest peer (${best.name})`,
        }),
      );
  }
  if (waits.length) {
    const value = waits.sort((a, b) => a - b)[Math.floor(waits.length * 0.99)] ?? NaN;
    const name = `${wanted.title}: health and metrics meanwhile, p99`;
    add(atMost({ name, unit: 'ms', value, limit: HEALTH_MS, goal: `at most ${HEALTH_MS} ms` }));
  }
}

/**
 * Asks for health and metrics in turns; a failure counts as a minute.
 * @param {number} port
 * @param {AbortSignal} done
 * @param {number[]} waits milliseconds of each question are put here
 */
async function askHealth(port, done, waits) {
  for (let n = 0; !done.aborted; n++) {
    const began = performance.now();
    const { status } = await get(port, n % 2 ? '/metrics' : '/v2/health/ready');
    waits.push(status === 200 ? performance.now() - began : 60_000);
    await sleep(20);
  }
}

/**
 * @param {Case} wanted
 * @param {number} every
 * @param {Bench} bench
 */
async function benchRefusing(wanted, every, { add, entries, peers, seconds, turns }) {
  /** @type {Map<string, { perSecond: number[], failed: number, good: number }>} */
  const all = new Map(entries.map(({ name }) => [name, { perSecond: [], failed: 0, good: 0 }]));
  const [clients = 64] = wanted.clients;
  for (let turn = 0; turn < turns; turn++) {
    for (const entry of entries) {
      const found = await sendBoth(entry, { every, clients, seconds: Math.max(2, seconds), short: false });
      const sums = all.get(entry.name);
      if (!sums) continue;
      sums.perSecond.push(found.perSecond);
      sums.failed += found.failed;
      sums.good += found.good;
    }
  }
  const rates = [...all].map(([name, { perSecond }]) => ({ name, rate: median(perSecond) }));
  const [best] = rates.filter(({ name }) => peers.includes(name)).sort((a, b) => b.rate - a.rate);
  const value = rates.find(({ name }) => name === 'ours')?.rate ?? NaN;
  const name = `${wanted.title}, ${clients} clients, good ones`;
  if (best)
    add(atLeast({ name, unit: 'req/s', value, against: best.rate, times: 1, what: `the best peer (${best.name})` }));
  for (const [server, { failed, good }] of all) {
    const figure = { name: `${wanted.title}, ${server}: good ones failed of ${good}`, unit: 'requests', value: failed };
    add(server === 'ours' ? atMost({ ...figure, limit: 0, goal: 'none' }) : told(figure));
  }
}
