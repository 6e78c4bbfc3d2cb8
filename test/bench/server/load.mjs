// Load on one server: wrk where it is or can be installed, else our own client.
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { aptInstall } from '../../setup/apt.mjs';
import { onPath } from '../../setup/paths.mjs';
import { checkLoopback } from './loopback.mjs';
import { cpuOf, cpuOfAll } from './proc.mjs';

/** @import { Running, Shot } from './running.mjs' */

/**
 * @typedef {object} Round what one server did in a few seconds
 * @property {number} perSecond requests that were answered with 200
 * @property {number} p50 milliseconds, as the others
 * @property {number} p99
 * @property {number} failed requests that were not answered with 200
 * @property {number} requests
 * @property {number} cpu milliseconds of the server's processes for a request
 * @property {number} others cores that were used by what is neither the server nor the client
 */

const exec = promisify(execFile);
const here = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.url));

/**
 * @param {(text: string) => void} log
 * @returns {Promise<string | undefined>} undefined: our own client is used
 */
export async function findWrk(log) {
  try {
    if (!onPath('wrk')) await aptInstall(['wrk'], { what: 'wrk', log });
  } catch (error) {
    log(
      `${error instanceof Error ? error.message : error}; the bench's own client is used, which needs more of the cores`,
    );
  }
  return onPath('wrk');
}

/**
 * @param {object} options
 * @param {string | undefined} options.wrk
 * @param {Running} options.server
 * @param {Shot} options.shot
 * @param {number} options.clients
 * @param {number} options.seconds
 * @param {string} options.folder for the body
 * @returns {Promise<Round>}
 */
export async function load({ wrk, server, shot, clients, seconds, folder }) {
  const before = usage(server);
  const {
    requests,
    seconds: took,
    p50,
    p99,
    failed,
  } = wrk
    ? await byWrk(wrk, server.port, shot, clients, seconds, folder)
    : await byClient(server.port, [shot], clients, seconds);
  const after = usage(server);
  const spent = after.at - before.at;
  const cpu = (after.server - before.server) / (requests || 1);
  const ours = after.server - before.server + after.client - before.client;
  const others = Math.max(0, (after.all - before.all - ours) / spent);
  return { perSecond: (requests - failed) / took, p50, p99, failed, requests, cpu, others };
}

/** @param {Running} server */
const usage = (server) => ({
  server: server.cpu(),
  client: cpuOf([process.pid]),
  all: cpuOfAll(),
  at: performance.now(),
});

/** @typedef {{ requests: number, seconds: number, p50: number, p99: number, failed: number }} Measured */

/**
 * @param {string} wrk
 * @param {number} port
 * @param {Shot} shot
 * @param {number} clients
 * @param {number} seconds
 * @param {string} folder
 * @returns {Promise<Measured>}
 */
async function byWrk(wrk, port, shot, clients, seconds, folder) {
  const url = `http://127.0.0.1:${port}${shot.path}`;
  checkLoopback(url);
  const file = join(folder, 'body');
  writeFileSync(file, shot.body);
  const headers = Object.entries({ 'content-type': 'application/json', ...shot.headers });
  const args = [
    `-t${Math.min(clients, 2)}`,
    `-c${clients}`,
    `-d${seconds}s`,
    '--timeout',
    '30s',
    '-s',
    here('wrk.lua'),
  ];
  const lines = headers.map(([name, value]) => `${name}: ${value}`);
  const { stdout } = await exec(wrk, [...args, url, '--', file, ...lines], { timeout: (seconds + 60) * 1000 });
  const line = stdout.split('\n').find((text) => text.startsWith('JSON '));
  if (!line) throw new Error(`Could not read what wrk printed: ${stdout.slice(-500)}`);
  return JSON.parse(line.slice(5));
}

/**
 * With the counts of each kind of request: in `counts` as many as `shots`.
 * @param {number} port
 * @param {readonly (Shot & { every?: number })[]} shots
 * @param {number} clients
 * @param {number} seconds
 * @returns {Promise<Measured & { counts: { sent: number, ok: number, statuses: Record<string, number> }[] }>}
 */
export async function byClient(port, shots, clients, seconds) {
  const order = {
    url: `http://127.0.0.1:${port}${shots[0]?.path}`,
    shots: shots.map(({ body, headers, every }) => ({
      body: body.toString(),
      headers: { 'content-type': 'application/json', ...headers },
      every,
    })),
    clients,
    seconds,
  };
  const running = exec(process.execPath, [here('client.mjs')], { timeout: (seconds + 90) * 1000 });
  running.child.stdin?.end(JSON.stringify(order));
  return JSON.parse((await running).stdout);
}
