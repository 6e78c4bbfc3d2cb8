#!/usr/bin/env node
// A load generator in plain Node: `client.mjs < ORDER`, one JSON line out. Knows which answer belongs to which request,
// which wrk does not: so it measures "a bad request fails no other", and stands in where there is no wrk.
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { checkLoopback } from './loopback.mjs';

/**
 * @typedef {object} Order
 * @property {string} url
 * @property {readonly { body: string, headers: Readonly<Record<string, string>>, every?: number }[]} shots `every`: that
 *   one is sent as each n-th request, the first of the list otherwise
 * @property {number} clients
 * @property {number} seconds
 */

/** @type {Order} */
const order = JSON.parse(readFileSync(0, 'utf8'));
checkLoopback(order.url);
const { hostname, port, pathname } = new URL(order.url);
const wires = order.shots.map(({ body, headers }) => {
  const lines = Object.entries({ ...headers, 'content-length': String(Buffer.byteLength(body)) });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return Buffer.from(`POST ${pathname} HTTP/1.1\r\nhost: ${hostname}:${port}\r\n${head}\r\n${body}`);
});
/** @type {{ sent: number, ok: number, statuses: Record<string, number> }[]} */
const counts = order.shots.map(() => ({ sent: 0, ok: 0, statuses: {} }));
/** @type {number[]} */
const times = [];
let sent = 0;
const end = performance.now() + order.seconds * 1000;

/** Which request is next: rare ones at their turns. */
function next() {
  sent++;
  const rare = order.shots.findIndex(({ every }) => every && sent % every === 0);
  return Math.max(rare, 0);
}

/** One connection, again when the server closes it. @returns {Promise<void>} */
function client() {
  return new Promise((done) => {
    if (performance.now() >= end) return done();
    const socket = connect({ host: hostname.replaceAll(/[[\]]/g, ''), port: Number(port), noDelay: true });
    let which = 0;
    let began = 0;
    let text = Buffer.alloc(0);
    const fire = () => {
      if (performance.now() >= end) return socket.destroy();
      which = next();
      began = performance.now();
      const count = counts[which];
      if (count) count.sent++;
      socket.write(wires[which] ?? '');
    };
    const finish = (/** @type {number | string} */ status) => {
      times.push(performance.now() - began);
      const count = counts[which];
      if (count) count.statuses[status] = (count.statuses[status] ?? 0) + 1;
      if (count && status === 200) count.ok++;
      began = 0;
    };
    socket.once('connect', fire);
    socket.on('data', (data) => {
      text = text.length ? Buffer.concat([text, data]) : data;
      const reply = wholeReply(text);
      if (!reply) return;
      text = text.subarray(reply.size);
      finish(reply.status);
      if (reply.close) socket.destroy();
      else fire();
    });
    socket.setTimeout(30_000, () => socket.destroy(new Error('no answer within 30 s')));
    socket.on('error', () => {});
    socket.once('close', () => {
      if (began) finish('closed');
      setTimeout(() => client().then(done), 1);
    });
  });
}

/**
 * The first reply in the bytes when it is whole.
 * @param {Buffer} bytes
 */
function wholeReply(bytes) {
  const head = bytes.indexOf('\r\n\r\n');
  if (head < 0) return undefined;
  const text = bytes.toString('latin1', 0, head).toLowerCase();
  const status = Number(text.slice(9, 12));
  const close = /\r\nconnection: *close/.test(text);
  const length = /\r\ncontent-length: *(\d+)/.exec(text)?.[1];
  if (length !== undefined) {
    const size = head + 4 + Number(length);
    return bytes.length >= size ? { status, close, size } : undefined;
  }
  // No reply of a model has this in its text.
  const last = bytes.indexOf('0\r\n\r\n', head + 4);
  return last < 0 ? undefined : { status, close, size: last + 5 };
}

const began = performance.now();
await Promise.all(Array.from({ length: order.clients }, client));
const seconds = (performance.now() - began) / 1000;
times.sort((a, b) => a - b);
const at = (/** @type {number} */ share) => times[Math.floor(times.length * share)] ?? 0;
const failed = counts.reduce((sum, count) => sum + count.sent - count.ok, 0);
const measured = { requests: times.length, seconds, p50: at(0.5), p90: at(0.9), p99: at(0.99), max: times.at(-1) ?? 0 };
console.log(JSON.stringify({ ...measured, failed, counts }));
