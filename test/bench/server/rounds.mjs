// Short rounds in turns: what disturbs the machine for a while disturbs all servers.
import { median } from '../figures.mjs';
import { awake } from './field.mjs';
import { load } from './load.mjs';

/** @import { Entry, Work } from './field.mjs' */
/** @import { Round } from './load.mjs' */

/** The rounds of each server by the number of clients. */
export class Rounds {
  constructor() {
    /** @type {Map<string, Round[]>} */
    this.all = new Map();
    /** @type {Map<string, string>} servers that fell out, and why */
    this.lost = new Map();
  }

  /** @param {string} name @param {number} clients */
  of(name, clients) {
    return this.all.get(`${name} ${clients}`) ?? [];
  }

  /** @param {string} name @param {number} clients @param {Round} round */
  add(name, clients, round) {
    this.all.set(`${name} ${clients}`, [...this.of(name, clients), round]);
  }

  /**
   * The median of one number; NaN when there is no round.
   * @param {string} name
   * @param {number} clients
   * @param {'perSecond' | 'p50' | 'p99' | 'cpu' | 'others' | 'failed'} what
   */
  median(name, clients, what) {
    return median(this.of(name, clients).map((round) => round[what]));
  }

  /**
   * The one of the servers with the largest median.
   * @param {readonly string[]} names
   * @param {number} clients
   * @param {'perSecond' | 'p50' | 'cpu'} what
   * @param {'largest' | 'smallest'} which
   */
  best(names, clients, what, which) {
    const sign = which === 'largest' ? -1 : 1;
    const known = names.filter((name) => this.of(name, clients).length);
    const [first] = known.sort((a, b) => sign * (this.median(a, clients, what) - this.median(b, clients, what)));
    return first === undefined ? undefined : { name: first, value: this.median(first, clients, what) };
  }
}

/**
 * @param {object} options
 * @param {readonly Entry[]} options.entries
 * @param {readonly number[]} options.clients
 * @param {number} options.turns
 * @param {number} options.seconds of a round
 * @param {Work} options.work
 * @param {string | undefined} options.wrk
 * @param {'each' | 'once'} options.warm before the first round of each number of clients, or of the first
 * @param {(clients: number) => Promise<void>} [options.besides] measured in each turn as well
 * @param {(entry: Entry, clients: number, run: () => Promise<Round>) => Promise<Round>} [options.around]
 * @returns {Promise<Rounds>}
 */
export async function play({ entries, clients, turns, seconds, work, wrk, warm, besides, around }) {
  const rounds = new Rounds();
  for (let turn = 0; turn < turns; turn++) {
    for (const count of clients) {
      await besides?.(count);
      for (const entry of entries) {
        if (rounds.lost.has(entry.name)) continue;
        const { server, shot } = entry;
        const one = (/** @type {number} */ time) =>
          load({ wrk, server, shot, clients: count, seconds: time, folder: work.folder });
        try {
          await awake(entry, async () => {
            if (turn === 0 && (warm === 'each' || count === clients[0])) await one(1);
            const run = () => one(seconds);
            rounds.add(entry.name, count, around ? await around(entry, count, run) : await run());
          });
        } catch (error) {
          rounds.lost.set(entry.name, error instanceof Error ? error.message : String(error));
        }
      }
    }
  }
  return rounds;
}

/**
 * A table for people: one line per server.
 * @param {Rounds} rounds
 * @param {readonly string[]} names
 * @param {readonly number[]} clients
 */
export function tableOf(rounds, names, clients) {
  const lines = [['', ...clients.flatMap((n) => [`${n}: req/s`, 'p50 ms', 'p99 ms', 'CPU ms', 'others', 'failed'])]];
  for (const name of names) {
    const cells = clients.flatMap((n) =>
      rounds.of(name, n).length
        ? [
            rounds.median(name, n, 'perSecond').toFixed(0),
            rounds.median(name, n, 'p50').toFixed(2),
            rounds.median(name, n, 'p99').toFixed(1),
            rounds.median(name, n, 'cpu').toFixed(3),
            rounds.median(name, n, 'others').toFixed(2),
            String(rounds.of(name, n).reduce((sum, { failed }) => sum + failed, 0)),
          ]
        : ['–', '–', '–', '–', '–', '–'],
    );
    lines.push([name, ...cells]);
  }
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) => line.map((cell, n) => (n ? cell.padStart(widths[n] ?? 0) : cell.padEnd(widths[n] ?? 0))).join('  '))
    .join('\n');
}
