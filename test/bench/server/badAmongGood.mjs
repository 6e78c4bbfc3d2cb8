// A bad request never fails another: here none, where a peer runs them in one batch many.
import { badShotOf } from './cases.mjs';
import { constants } from './contestants.mjs';
import { awake } from './field.mjs';
import { atMost, told } from './goals.mjs';
import { byClient } from './load.mjs';

/** @import { Bench } from '../server.mjs' */
/** @import { Case } from './cases.mjs' */
/** @import { Entry } from './field.mjs' */

/** One of so many requests is bad: of the peers' some 1,500 in the time that is about 30. */
const EVERY = 50;

/**
 * @param {Case} wanted
 * @param {Bench} bench
 */
export async function benchBadAmongGood(wanted, { add, entries, seconds }) {
  for (const entry of entries) {
    if (constants.includes(entry.name)) continue;
    const found = await sendBoth(entry, { every: EVERY, clients: 64, seconds: Math.max(seconds, 2), short: true });
    const name = `${wanted.title}, ${entry.name}: good ones failed of ${found.good}, by ${found.bad} bad ones`;
    const figure = { name, unit: 'requests', value: found.failed };
    if (entry.name === 'ours' || entry.name === 'pure') {
      add(atMost({ ...figure, limit: 0, goal: 'none' }));
      const wrong = found.badAnswered;
      add(
        atMost({
          name: `${entry.name}: bad ones answered with 200`,
          unit: 'requests',
          value: wrong,
          limit: 0,
          goal: 'none',
        }),
      );
    } else add(told(figure));
  }
}

/**
 * Good and bad requests from the same clients.
 * @param {Entry} entry
 * @param {{ every: number, clients: number, seconds: number, short: boolean }} options
 */
export async function sendBoth(entry, { every, clients, seconds, short }) {
  const bad = { ...badShotOf(entry.form, entry.shot.path, short), every };
  const { counts, seconds: took } = await awake(entry, () =>
    byClient(entry.server.port, [entry.shot, bad], clients, seconds),
  );
  const [good, wrong] = counts;
  if (!good || !wrong) throw new Error(`Could not count what ${entry.name} answered: the client told nothing`);
  return {
    good: good.sent,
    bad: wrong.sent,
    failed: good.sent - good.ok,
    badAnswered: wrong.ok,
    perSecond: good.ok / took,
    statuses: counts.map(({ statuses }) => statuses),
  };
}
