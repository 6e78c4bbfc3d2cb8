// How many tests passed, failed and were skipped, read from the JUnit files that vitest, pytest and node:test write.
import { existsSync, readFileSync } from 'node:fs';

/**
 * @typedef {object} Counts
 * @property {number} passed
 * @property {number} failed
 * @property {number} skipped
 * @property {string[]} failures names of those that failed
 * @property {string[]} reasons why some were skipped, each once
 */

/** @param {Partial<Counts>} [some] @returns {Counts} */
export const makeCounts = (some = {}) => ({ passed: 0, failed: 0, skipped: 0, failures: [], reasons: [], ...some });

/** @param {readonly Counts[]} all @returns {Counts} */
export function sum(all) {
  return {
    passed: all.reduce((total, one) => total + one.passed, 0),
    failed: all.reduce((total, one) => total + one.failed, 0),
    skipped: all.reduce((total, one) => total + one.skipped, 0),
    failures: all.flatMap((one) => one.failures),
    reasons: [...new Set(all.flatMap((one) => one.reasons))],
  };
}

/**
 * What holds after the tests that failed ran a second time. Where the second run says nothing of a failure of the
 * first (it was none of a test), that failure stays.
 * @param {Counts} first @param {Counts} second
 * @returns {Counts}
 */
export function afterSecondTry(first, second) {
  const told = second.passed + second.failed + second.skipped;
  if (told < first.failed) return first;
  return makeCounts({
    passed: first.passed + second.passed,
    failed: second.failed,
    skipped: first.skipped + second.skipped,
    failures: second.failures,
    reasons: [...new Set([...first.reasons, ...second.reasons])],
  });
}

/**
 * The test files that failures are in; none when one of them is not a test's.
 * @param {Counts} counts
 */
export function failedFiles({ failures }) {
  const files = [...new Set(failures.map((failure) => failure.split(' › ')[0] ?? ''))];
  return files.every((file) => file.endsWith('.test.ts')) ? files : [];
}

/**
 * The tests in a JUnit file; undefined when it is not there or holds no whole document.
 * @param {string} file
 * @param {readonly string[]} [without] test files whose tests are not counted
 * @returns {Counts | undefined}
 */
export function readJunit(file, without = []) {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  if (!/<\/testsuites?>\s*$|<testsuites[^>]*\/>\s*$/.test(text)) return undefined;
  const counts = makeCounts();
  for (const [, attributes = '', body = ''] of text.matchAll(
    /<testcase\b((?:"[^"]*"|[^">])*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g,
  )) {
    if (without.includes(attribute(attributes, 'classname'))) continue;
    if (/<(failure|error)\b/.test(body)) {
      counts.failed++;
      counts.failures.push(
        [attribute(attributes, 'classname'), attribute(attributes, 'name')].filter(Boolean).join(' › '),
      );
    } else if (/<skipped\b/.test(body)) {
      counts.skipped++;
      const reason = attribute(/<skipped\b([^>]*)/.exec(body)?.[1] ?? '', 'message');
      if (reason && reason !== 'true' && !counts.reasons.includes(reason)) counts.reasons.push(reason);
    } else {
      counts.passed++;
    }
  }
  return counts;
}

/**
 * The last line "N passed, N failed[, N skipped]" that a program printed.
 * @param {string} output
 * @returns {Counts | undefined}
 */
export function readLastLine(output) {
  const line = [...output.matchAll(/^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/gm)].at(-1);
  if (!line) return undefined;
  const failures = [...output.matchAll(/^not ok (.*)$/gm)].map(([, name = '']) => name);
  const reasons = [...output.matchAll(/^skip (.*)$/gm)].map(([, name = '']) => name);
  return makeCounts({
    passed: Number(line[1]),
    failed: Number(line[2]),
    skipped: Number(line[3] ?? 0),
    failures,
    reasons,
  });
}

/** @param {string} text @param {string} name */
function attribute(text, name) {
  const value = new RegExp(`(?:^|\\s)${name}="([^"]*)"`).exec(text)?.[1] ?? '';
  const entities = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&', '#10': ' ', '#xA': ' ' };
  return value.replaceAll(/&(\w+|#\w+);/g, (all, entity) => entities[/** @type {'lt'} */ (entity)] ?? all);
}
