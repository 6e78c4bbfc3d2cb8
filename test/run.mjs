#!/usr/bin/env node
// npm test [-- TIER... --verbose --list]: gets every part ready, runs the tiers of runner/tiers.mjs, and prints as its last
// line "N passed, N failed[, N skipped]". Ends with 0, 1 (something failed) or 130 (stopped).
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { endChecks, runAgain, runCheck } from './runner/check.mjs';
import { makeCounts, sum } from './runner/counts.mjs';
import { makeParts } from './runner/parts.mjs';
import { closingLine, printSummary } from './runner/summary.mjs';
import { tiers } from './runner/tiers.mjs';
import { lastLines } from './setup/command.mjs';
import { ensureNodeModules } from './setup/node-modules.mjs';
import { cache, project } from './setup/paths.mjs';
import { Unavailable } from './setup/unavailable.mjs';

/** @import { Counts } from './runner/counts.mjs' */
/** @import { Check } from './runner/check.mjs' */
/** @import { Missing, Tier } from './runner/tiers.mjs' */

/** @typedef {{ tier: string, title: string, counts: Counts, seconds: number }} Result */

const {
  values: { verbose, list },
  positionals: named,
} = parseArgs({
  allowPositionals: true,
  options: { verbose: { type: 'boolean', default: false }, list: { type: 'boolean', default: false } },
});
const unknown = named.filter((name) => !tiers.some((tier) => tier.name === name));
if (list || unknown.length) {
  if (unknown.length) console.error(`There is no tier ${unknown.join(', ')}. There are:`);
  for (const tier of tiers) console.log(`${tier.name.padEnd(10)} ${tier.title}`);
  process.exit(unknown.length ? 2 : 0);
}

// In CI everything must be there; elsewhere what cannot be had is skipped with its reason.
const strict = process.env.CI === 'true';
const log = (/** @type {string} */ text) => console.log(`  ${text}`);
const parts = makeParts(log);
const started = Date.now();
/** @type {Result[]} */
const results = [];

for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.once(signal, () => {
    endChecks();
    console.error('stopped');
    process.exit(130);
  });
}

/** @param {string} title @param {string} reason @returns {Counts} */
function withoutPart(title, reason) {
  const what = `${title}: ${reason}`;
  return strict ? makeCounts({ failed: 1, failures: [what] }) : makeCounts({ skipped: 1, reasons: [what] });
}

/** @param {Tier} tier @param {string} title @param {Counts} counts @param {number} seconds @param {string} [output] */
function report(tier, title, counts, seconds, output = '') {
  results.push({ tier: tier.name, title, counts, seconds });
  const sign = counts.failed ? '✗' : counts.passed ? '✓' : '–';
  console.log(`${sign} ${tier.name} · ${title}: ${closingLine(counts)} (${seconds.toFixed(1)} s)`);
  for (const reason of counts.failed || !counts.passed ? counts.reasons : []) console.log(`    ${reason}`);
  if (counts.failed && output && !verbose) console.log(`${lastLines(output, 80)}\n`);
  if (counts.failed) for (const failure of counts.failures) console.log(`    failed: ${failure}`);
}

/** @param {Tier} tier @param {Check | Missing} check @param {string} logFile */
async function runOne(tier, check, logFile) {
  if ('missing' in check) {
    report(tier, check.title, withoutPart(check.title, check.missing), 0);
    return;
  }
  const options = { cwd: project, logFile, verbose };
  let { counts, seconds, output } = await runCheck(check, options);
  if (counts.failed && tier.again) {
    // Said, so that a test that needs it often is seen.
    console.log(`! ${tier.name} · ${check.title}: tried again after ${counts.failures.join('; ')}`);
    const second = await runAgain(check, counts, options);
    ({ counts, output } = second);
    seconds += second.seconds;
  }
  report(tier, check.title, counts, seconds, output);
}

/** @param {Tier} tier */
async function runTier(tier) {
  const logFile = join(cache, 'logs', `${tier.name}.log`);
  mkdirSync(join(cache, 'logs'), { recursive: true });
  rmSync(logFile, { force: true });
  const since = Date.now();
  try {
    await inLanes(await tier.checks(parts), tier.lanes ?? 1, (check) => runOne(tier, check, logFile));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const seconds = (Date.now() - since) / 1000;
    const counts = makeCounts({ failed: 1, failures: [`${tier.title}: ${reason}`] });
    report(tier, tier.title, error instanceof Unavailable ? withoutPart(tier.title, reason) : counts, seconds);
  }
}

/**
 * @template Item
 * @param {readonly Item[]} items
 * @param {number} lanes how many at a time
 * @param {(item: Item) => Promise<void>} run
 */
async function inLanes(items, lanes, run) {
  const waiting = [...items];
  const lane = async () => {
    for (let item = waiting.shift(); item; item = waiting.shift()) await run(item);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

const wanted = tiers.filter((tier) => named.length === 0 || named.includes(tier.name));
try {
  await ensureNodeModules({ log });
  // Made while the first tiers run; those that need it wait for it, and tell why it is not there.
  if (wanted.some((tier) => tier.docker)) parts.docker().catch(() => undefined);
  await inLanes(
    wanted.filter((tier) => !tier.alone),
    2,
    runTier,
  );
  await inLanes(
    wanted.filter((tier) => tier.alone),
    1,
    runTier,
  );
} catch (error) {
  const failures = [error instanceof Error ? error.message : String(error)];
  console.log(`✗ ${failures[0]}`);
  results.push({ tier: 'set-up', title: 'packages', counts: makeCounts({ failed: 1, failures }), seconds: 0 });
}
await parts.end();
const total = sum(results.map((result) => result.counts));
printSummary(results, total, (Date.now() - started) / 1000);
console.log(closingLine(total));
process.exitCode = total.failed || !total.passed ? 1 : 0;
