// A server that was started for the bench: known by its process ids, stopped by them.
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { lastLines } from '../../setup/command.mjs';
import { cpuOf, generationsOf, hasLoaded, isAlive, memoryOf, openAddresses, processesOf } from './proc.mjs';

/** @typedef {{ path: string, body: Buffer, headers?: Readonly<Record<string, string>> }} Shot one POST */

/** @type {Set<Running>} */
const running = new Set();
let marks = 0;
const ASK_MS = 10;
const GENERATION_MS = 20;
const SETTLE_MS = 500;
/** The share of a processor that a server at rest may use. */
const IDLE = 0.15;

/** Ends everything that was started and is still there, at once. */
export function endAll() {
  for (const server of running) server.kill();
}

export class Running {
  /**
   * @param {string} name
   * @param {number} port
   * @param {number} pid
   * @param {string} mark
   * @param {string} log
   */
  constructor(name, port, pid, mark, log) {
    this.name = name;
    this.port = port;
    this.pid = pid;
    this.mark = mark;
    this.log = log;
    running.add(this);
  }

  processes() {
    return processesOf(this.pid, this.mark);
  }

  cpu() {
    return cpuOf(this.processes());
  }

  /**
   * Bytes of each process that has the model, smallest first: those in which its library is loaded, else the largest.
   * @param {string} library part of a path
   */
  workerMemory(library) {
    const all = this.processes();
    const workers = all.filter((pid) => hasLoaded(pid, library));
    const sizes = (workers.length ? workers : all).map(memoryOf).sort((a, b) => a - b);
    return workers.length ? sizes : sizes.slice(-1);
  }

  /** Waits until it rests: the first worker answers, others may still be loading. At most ten seconds. */
  async settle() {
    const end = performance.now() + 10_000;
    for (let before = this.cpu(), after = NaN; performance.now() < end; before = after) {
      await sleep(SETTLE_MS);
      after = this.cpu();
      if (after - before < SETTLE_MS * IDLE) return;
    }
  }

  /**
   * Takes the processors away from it, so that an idle one does not disturb the one that is measured. Parents rest first and
   * wake last: one that asks its children for a sign of life must never wait for it while they rest, and replace them.
   */
  async freeze() {
    for (const generation of generationsOf(this.processes())) {
      for (const pid of generation) signal(pid, 'SIGSTOP');
      await sleep(GENERATION_MS);
    }
  }

  async thaw() {
    for (const generation of generationsOf(this.processes()).reverse()) {
      for (const pid of generation) signal(pid, 'SIGCONT');
      await sleep(GENERATION_MS);
    }
  }

  /** Resolves when none of its processes is left. */
  async stop() {
    const all = this.processes();
    for (const pid of all) signal(pid, 'SIGCONT');
    signal(this.pid, 'SIGTERM');
    for (let waited = 0; waited < 5000 && all.some(isAlive); waited += 50) await sleep(50);
    this.kill();
    for (let waited = 0; waited < 5000 && all.some(isAlive); waited += 50) await sleep(50);
  }

  kill() {
    for (const pid of this.processes()) signal(pid, 'SIGKILL');
    running.delete(this);
  }
}

/**
 * Starts a program and waits until it answers a request, or says that it is ready, with 200.
 * @param {object} options
 * @param {string} options.name
 * @param {readonly string[]} options.command
 * @param {number} options.port
 * @param {string} options.cwd
 * @param {Readonly<Record<string, string>>} options.env added to a small environment
 * @param {Shot} options.shot
 * @param {string} options.log
 * @param {string} [options.ready] the path that is asked, instead of sending the request
 * @param {number} [options.seconds]
 * @returns {Promise<{ server: Running, seconds: number }>} with how long that took
 */
export async function startServer({ name, command, port, cwd, env, shot, log, ready, seconds = 90 }) {
  mkdirSync(dirname(log), { recursive: true });
  const mark = `BENCH_MARK=${process.pid}.${++marks}`;
  const file = openSync(log, 'w');
  const began = performance.now();
  const [program = '', ...args] = command;
  const child = spawn(program, args, {
    cwd,
    env: { PATH: process.env.PATH, LANG: 'C.UTF-8', BENCH_MARK: mark.slice('BENCH_MARK='.length), ...env },
    stdio: ['ignore', file, file],
    detached: true,
  });
  closeSync(file);
  let ended = '';
  child.once('error', (error) => (ended = error.message));
  child.once('exit', (code, by) => (ended = `it ended with ${code ?? by}`));
  if (child.pid === undefined) {
    await sleep(10);
    throw new Error(`Could not start ${name}: ${ended}`);
  }
  const server = new Running(name, port, child.pid, mark, log);
  try {
    const ask = ready === undefined ? () => post(port, shot) : () => get(port, ready);
    await waitFor(ask, seconds, () => ended);
    const open = openAddresses(port);
    if (open.length) throw new Error(`Its port is open to other computers: ${open.join(', ')}`);
  } catch (error) {
    const last = lastLines(readFileSync(log, 'utf8'), 12);
    await server.stop();
    throw new Error(`Could not start ${name}: ${messageOf(error)}\n${last}`, { cause: error });
  }
  return { server, seconds: (performance.now() - began) / 1000 };
}

/**
 * Waits until it answers again.
 * @param {Running} server
 * @param {Shot} shot
 * @param {number} seconds
 */
export function waitUntilAnswers(server, shot, seconds) {
  return waitFor(
    () => post(server.port, shot),
    seconds,
    () => '',
  );
}

/**
 * @param {() => Promise<{ status: number, text: string }>} ask
 * @param {number} seconds
 * @param {() => string} ended why it can't answer any more, else ''
 */
async function waitFor(ask, seconds, ended) {
  const end = performance.now() + seconds * 1000;
  for (;;) {
    const last = await ask();
    if (last.status === 200) return;
    if (ended()) throw new Error(ended());
    if (performance.now() > end) throw new Error(`no answer within ${seconds} s: ${last.status} ${last.text}`);
    await sleep(ASK_MS);
  }
}

/**
 * @param {number} port of 127.0.0.1
 * @param {Shot} shot
 * @returns {Promise<{ status: number, text: string }>} 0 and the reason when there is no answer
 */
export function post(port, { path, body, headers }) {
  return send(port, path, 'POST', { 'content-type': 'application/json', ...headers }, body);
}

/**
 * @param {number} port of 127.0.0.1
 * @param {string} path
 */
export function get(port, path) {
  return send(port, path, 'GET', {}, Buffer.alloc(0));
}

/**
 * @param {number} port
 * @param {string} path
 * @param {string} method
 * @param {Readonly<Record<string, string>>} headers
 * @param {Buffer} body
 * @returns {Promise<{ status: number, text: string }>}
 */
function send(port, path, method, headers, body) {
  return new Promise((done) => {
    const fail = (/** @type {Error} */ error) => done({ status: 0, text: error.message });
    const length = body.length ? { 'content-length': String(body.length) } : {};
    const options = { host: '127.0.0.1', port, path, method, headers: { ...headers, ...length }, timeout: 30_000 };
    const sent = request(options, (reply) => {
      let text = '';
      reply.setEncoding('utf8').on('data', (part) => (text += text.length < 2000 ? part : ''));
      reply.once('end', () => done({ status: reply.statusCode ?? 0, text: text.slice(0, 2000) })).once('error', fail);
    });
    sent.once('error', fail).once('timeout', () => sent.destroy(new Error('no answer within 30 s')));
    sent.end(body);
  });
}

/** A port that is free. @returns {Promise<number>} */
export function freePort() {
  return new Promise((done, fail) => {
    const server = createServer();
    server.once('error', fail);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => done(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

/**
 * @param {number} pid
 * @param {NodeJS.Signals} name
 */
function signal(pid, name) {
  try {
    process.kill(pid, name);
  } catch {
    // It is gone.
  }
}

/** @param {unknown} error */
const messageOf = (error) => (error instanceof Error ? error.message : String(error));
