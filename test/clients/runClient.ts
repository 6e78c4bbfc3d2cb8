import { execFileSync, spawn } from 'node:child_process';
import { resolve } from 'node:path';

export type ClientName = 'hsml' | 'hopsworks' | 'hops' | 'hops24';

const HERE = import.meta.dirname;
let made: Readonly<Record<string, string>> | undefined;

/** An interpreter with the client: the one that a variable names, else one made for it. */
export function clientPython(client: ClientName): string {
  const variable = `MODEL_SERVING_${client.toUpperCase()}_PYTHON`;
  const given = process.env[variable];
  if (given !== undefined) {
    return given;
  }
  made ??= JSON.parse(
    execFileSync(process.execPath, [resolve(HERE, 'environments.mjs')], { encoding: 'utf8' }),
  ) as Readonly<Record<string, string>>;
  return made[variable]!;
}

/** Runs `flow.py`, or another script beside it, in a folder; resolves with its exit code and all that it wrote. */
export function runFlow(
  python: string,
  cwd: string,
  env: Readonly<Record<string, string>>,
  script = 'flow.py',
): Promise<{ readonly code: number | null; readonly output: string }> {
  const child = spawn(python, [resolve(HERE, script)], { cwd, env: { ...process.env, ...env } });
  const pieces: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (piece: string) => pieces.push(piece));
  }
  return new Promise((done, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      done({ code, output: pieces.join('') });
    });
  });
}
