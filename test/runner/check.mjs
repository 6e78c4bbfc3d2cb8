// Runs one command of a tier to its end and counts its tests.
import { spawn } from 'node:child_process';
import { appendFileSync, mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterSecondTry, failedFiles, makeCounts, readJunit, readLastLine, sum } from './counts.mjs';

/** @import { Counts } from './counts.mjs' */

/**
 * @typedef {object} Check
 * @property {string} title
 * @property {string} command
 * @property {readonly string[]} args
 * @property {NodeJS.ProcessEnv} [env] added to ours
 * @property {number} [seconds] the limit; 600 when not given
 * @property {string} [junit] the file in which it counts its tests
 * @property {readonly string[]} [onlyFailed] arguments with which it runs only what failed the last time
 * @property {(files: readonly string[]) => readonly string[]} [ofFiles] arguments with which it runs only these test files
 * @property {boolean} [lastLine] it prints "N passed, N failed" at its end
 *
 * Without junit and lastLine it is one test, passed when its exit code is 0.
 */

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();

/**
 * @param {Check} check
 * @param {{ cwd: string, logFile: string, verbose: boolean }} options the output is added to logFile
 * @returns {Promise<{ counts: Counts, seconds: number, output: string }>}
 */
export async function runCheck(check, { cwd, logFile, verbose }) {
  const started = Date.now();
  if (check.junit) rmSync(check.junit, { force: true });
  mkdirSync(dirname(check.junit ?? logFile), { recursive: true });
  appendFileSync(logFile, `\n$ ${[check.command, ...check.args].join(' ')}\n`);
  const { ending, output } = await carryOut(check, { cwd, logFile, verbose });
  const seconds = (Date.now() - started) / 1000;
  return {
    counts: count(check, ending, output),
    seconds,
    output: output + (ending ? `\n${check.title} ${ending}` : ''),
  };
}

/**
 * The same once more after it failed, only with what failed where it can tell.
 * @param {Check} check
 * @param {Counts} first what came of it
 * @param {Parameters<typeof runCheck>[1]} options
 * @returns {ReturnType<typeof runCheck>} its counts are those of both
 */
export async function runAgain(check, first, options) {
  const { onlyFailed, ofFiles, junit, args } = check;
  const files = ofFiles && junit ? failedFiles(first) : [];
  if (ofFiles && junit && files.length) {
    const others = readJunit(junit, files) ?? makeCounts();
    const second = await runCheck({ ...check, args: ofFiles(files) }, options);
    return { ...second, counts: sum([others, second.counts]) };
  }
  // One that was ended before its result told nothing of what failed: all of it again.
  if (!onlyFailed || !first.passed) return runCheck(check, options);
  const second = await runCheck({ ...check, args: [...args, ...onlyFailed] }, options);
  return { ...second, counts: afterSecondTry(first, second.counts) };
}

/** Ends what still runs, with everything below it. */
export function endChecks() {
  for (const child of running) endGroup(child, 'SIGTERM');
}

/**
 * @param {Check} check
 * @param {{ cwd: string, logFile: string, verbose: boolean }} options
 * @returns {Promise<{ ending: string, output: string }>} how it ended, '' when well
 */
function carryOut(check, { cwd, logFile, verbose }) {
  return new Promise((done) => {
    const limit = check.seconds ?? 600;
    let output = '';
    let late = false;
    const child = spawn(check.command, check.args, {
      cwd,
      env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined, ...check.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: process.platform !== 'win32',
    });
    running.add(child);
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
        appendFileSync(logFile, text);
        if (verbose) process.stdout.write(text);
      });
    }
    const timer = setTimeout(() => {
      late = true;
      endGroup(child, 'SIGKILL');
    }, limit * 1000);
    /** @param {string} ending */
    const finish = (ending) => {
      clearTimeout(timer);
      running.delete(child);
      // What it left running would hold up the next ones, or the end.
      endGroup(child, 'SIGKILL');
      if (ending) appendFileSync(logFile, `\n${check.title} ${ending}\n`);
      done({ ending, output });
    };
    child.once('error', (error) => finish(`could not be started: ${error.message}`));
    child.once('exit', (code, signal) => {
      const ending = late ? `did not end within ${limit} s` : code === 0 ? '' : `ended with ${code ?? signal}`;
      // A moment for the last output; a grandchild that holds the pipe open must not hold us.
      const wait = setTimeout(() => finish(ending), 2000);
      child.once('close', () => {
        clearTimeout(wait);
        finish(ending);
      });
    });
  });
}

/** @param {import('node:child_process').ChildProcess} child @param {NodeJS.Signals} signal */
function endGroup(child, signal) {
  if (child.pid === undefined) return;
  try {
    if (process.platform === 'win32') child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch {
    // Gone already.
  }
}

/** @param {Check} check @param {string} ending @param {string} output @returns {Counts} */
function count(check, ending, output) {
  const { title } = check;
  if (!check.junit && !check.lastLine) {
    return ending ? makeCounts({ failed: 1, failures: [`${title} ${ending}`] }) : makeCounts({ passed: 1 });
  }
  const counts = check.junit ? readJunit(check.junit) : readLastLine(output);
  if (!counts) return makeCounts({ failed: 1, failures: [`${title} ${ending || 'ended'} without a result`] });
  const { passed, failed, skipped, failures } = counts;
  if (passed + failed + skipped === 0) return makeCounts({ failed: 1, failures: [`${title}: no test ran`] });
  // Something beside the tests failed (a hook, a leak, a threshold).
  return ending && !failed ? { ...counts, failed: 1, failures: [...failures, `${title} ${ending}`] } : counts;
}
