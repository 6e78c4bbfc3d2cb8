/** @import { Counts } from './counts.mjs' */

/**
 * "N passed, N failed", and ", N skipped" when some were.
 * @param {Counts} counts
 */
export function closingLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`;
}

/**
 * A table of what ran, then what was skipped and why, then what failed.
 * @param {readonly { tier: string, title: string, counts: Counts, seconds: number }[]} results
 * @param {Counts} total
 * @param {number} seconds
 */
export function printSummary(results, total, seconds) {
  const rows = results.map(({ tier, title, counts, seconds: time }) => [
    tier,
    title,
    String(counts.passed),
    String(counts.failed),
    String(counts.skipped),
    `${time.toFixed(1)} s`,
  ]);
  const table = [['tier', 'what', 'passed', 'failed', 'skipped', 'time'], ...rows];
  const widths = table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? [];
  console.log('');
  for (const row of table) {
    const cells = row.map((cell, column) =>
      column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
    );
    console.log(cells.join('  '));
  }
  console.log(`\n${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s in all`);
  const list = (/** @type {readonly string[]} */ lines) => lines.map((line) => `  ${line.split('\n')[0]}`).join('\n');
  if (total.reasons.length) console.log(`\nSkipped:\n${list(total.reasons)}`);
  if (total.failures.length) console.log(`\nFailed:\n${list(total.failures)}`);
  console.log('');
}
