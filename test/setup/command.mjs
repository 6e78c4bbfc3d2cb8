// Runs one command to its end. Its output goes to a log file when one is named, and its last lines into the error.
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * @typedef {object} CommandOptions
 * @property {string} [cwd]
 * @property {NodeJS.ProcessEnv} [env] added to this process's environment; undefined takes a variable away
 * @property {string} [logFile] written anew
 * @property {number} [seconds] the limit; 600 when not given
 */

/**
 * Resolves with what the command printed (both streams; with a log file only what is in that file).
 * Rejects with the command, how it ended and its last lines.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {CommandOptions} [options]
 * @returns {Promise<string>}
 */
export function run(command, args, { cwd, env = {}, logFile, seconds = 600 } = {}) {
  return new Promise((done, fail) => {
    if (logFile) mkdirSync(dirname(logFile), { recursive: true });
    const file = logFile ? openSync(logFile, 'w') : undefined;
    let text = '';
    const output = () => (logFile ? readFileSync(logFile, 'utf8') : text);
    const child = spawn(command, args, {
      cwd,
      env: withoutUndefined({ ...process.env, ...env }),
      stdio: ['ignore', file ?? 'pipe', file ?? 'pipe'],
      windowsHide: true,
    });
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data) => (text += data));
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
    }, seconds * 1000);
    const finish = () => {
      clearTimeout(timer);
      if (file !== undefined) closeSync(file);
    };
    child.once('error', (error) => {
      finish();
      fail(new Error(`${command}: ${error.message}`, { cause: error }));
    });
    child.once('close', (code, signal) => {
      finish();
      if (code === 0) return done(output());
      const how = late ? `did not end within ${seconds} s` : `ended with ${code ?? signal}`;
      fail(new Error(`${[command, ...args].join(' ')} ${how}\n${lastLines(output(), 25)}`));
    });
  });
}

/**
 * @param {string} text
 * @param {number} count
 */
export function lastLines(text, count) {
  return text.trimEnd().split('\n').slice(-count).join('\n');
}

/** @param {NodeJS.ProcessEnv} env */
function withoutUndefined(env) {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined));
}
