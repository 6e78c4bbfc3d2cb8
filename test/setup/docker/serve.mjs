#!/usr/bin/env node
// node test/setup/docker/serve.mjs: a Docker engine to work with, as the tests have it, until Ctrl+C. Prints what to export.
import { ensureDocker } from '../docker.mjs';

const engine = await ensureDocker({ log: (text) => console.error(text) });
for (const [name, value] of Object.entries(engine.env)) console.log(`export ${name}='${value}'`);
const stay = setInterval(() => undefined, 3_600_000);
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.once(signal, async () => {
    clearInterval(stay);
    await engine.stop();
  });
}
