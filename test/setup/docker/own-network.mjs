#!/usr/bin/env node
// Runs a program in a network of its own, where it can neither reach nor disturb anything:
// unshare --net node own-network.mjs SOCKET PORT PROGRAM ARGUMENT…
// What it sends to 127.0.0.1:PORT comes out at the unix socket, which is how a registry of the computer is reached.
import { execFileSync, spawn } from 'node:child_process';
import { connect, createServer } from 'node:net';

const [socket = '', port = '', program = '', ...args] = process.argv.slice(2);
execFileSync('ip', ['link', 'set', 'lo', 'up']);
const server = createServer((client) => {
  const out = connect(socket);
  client.on('error', () => out.destroy()).pipe(out);
  out.on('error', () => client.destroy()).pipe(client);
});
server.listen(Number(port), '127.0.0.1', () => {
  const child = spawn(program, args, { stdio: 'inherit' });
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => child.kill(signal));
  }
  child.once('error', () => process.exit(127));
  child.once('exit', (code) => process.exit(code ?? 1));
});
