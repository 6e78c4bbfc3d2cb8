import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { lastLines } from '../command.mjs';

/** A program that is started again whenever it ends without having been told to. */
export class Program {
  /** How often it was started again. */
  restarts = 0;
  isWanted = false;
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #child;
  #once = false;
  /** @type {NodeJS.Timeout | undefined} */
  #next;
  #startedAt = 0;

  /**
   * @param {string} command
   * @param {readonly string[]} args
   * @param {{ log: string, note: (text: string) => void, before?: () => void }} options `log` is added to
   */
  constructor(command, args, { log, note, before = () => undefined }) {
    this.command = command;
    this.args = args;
    this.log = log;
    this.note = note;
    this.before = before;
  }

  get pid() {
    return this.#child?.pid;
  }

  /** With `once` it is not started again until `keep` was called. */
  start({ once = false } = {}) {
    this.#once = once;
    this.isWanted = true;
    if (!this.#child && !this.#next) this.#spawn();
  }

  keep() {
    this.#once = false;
    if (this.isWanted && !this.#child && !this.#next) this.#spawn();
  }

  /** The last lines of its log. @param {number} count */
  tail(count) {
    return existsSync(this.log) ? lastLines(readFileSync(this.log, 'utf8'), count) : '';
  }

  /**
   * Ends it and keeps it down: SIGTERM, and SIGKILL after the seconds.
   * @param {number} seconds
   * @returns {Promise<string>} how it ended
   */
  async stop(seconds) {
    this.isWanted = false;
    clearTimeout(this.#next);
    this.#next = undefined;
    const child = this.#child;
    if (!child) return 'it did not run';
    return new Promise((done) => {
      const timer = setTimeout(() => child.kill('SIGKILL'), seconds * 1000);
      child.once('exit', (code, signal) => {
        clearTimeout(timer);
        done(String(code ?? signal));
      });
      child.kill(seconds > 0 ? 'SIGTERM' : 'SIGKILL');
    });
  }

  #spawn() {
    this.before();
    mkdirSync(dirname(this.log), { recursive: true });
    const output = openSync(this.log, 'a');
    const child = spawn(this.command, this.args, { stdio: ['ignore', output, output], detached: true });
    closeSync(output);
    this.#child = child;
    this.#startedAt = Date.now();
    child.once('error', (error) => this.#ended(child, error.message));
    child.once('exit', (code, signal) => this.#ended(child, String(code ?? signal)));
  }

  /** @param {import('node:child_process').ChildProcess} child @param {string} how */
  #ended(child, how) {
    if (this.#child !== child) return;
    this.#child = undefined;
    if (!this.isWanted) return;
    if (this.#once) {
      this.isWanted = false;
      return;
    }
    this.restarts++;
    this.note(`${this.command} ended with ${how} and is started again; its last lines:\n${this.tail(12)}`);
    // One that ends at once over and over must not fill the log.
    const wait = Date.now() - this.#startedAt < 5000 ? 2000 : 100;
    this.#next = setTimeout(() => {
      this.#next = undefined;
      if (this.isWanted && !this.#child) this.#spawn();
    }, wait);
  }
}
