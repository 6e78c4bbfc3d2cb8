import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';

const ENTRY = resolve(import.meta.dirname, '../../dist/local-api.js');

/** The line that the entry prints when it is ready. */
interface Told {
  readonly address: string;
  readonly port: number;
  readonly ingressPort: number;
  readonly project: string;
  readonly apiKeyFile: string;
  readonly certificate: string;
  /** The folder with our Python packages. */
  readonly clients: string;
}

export interface StartedApi {
  readonly told: Told;
  readonly key: string;
  /** All that it wrote on standard error so far. */
  errors(): string;
  /** Resolves with its exit code. */
  stop(): Promise<number | null>;
}

/** The entry without an editor, in a process of its own; resolves when it is ready, rejects with what it said. */
export async function startApi(args: readonly string[]): Promise<StartedApi> {
  const api = spawn(process.execPath, [ENTRY, ...args]);
  let errors = '';
  api.stderr.setEncoding('utf8').on('data', (piece: string) => {
    errors += piece;
  });
  const code = new Promise<number | null>((done) => {
    api.once('close', done);
  });
  const line = await new Promise<string>((done, reject) => {
    let text = '';
    api.stdout.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
      if (text.endsWith('\n')) {
        done(text);
      }
    });
    api.once('close', () => {
      reject(new Error(errors));
    });
  });
  const told = JSON.parse(line) as Told;
  return {
    told,
    key: (await readFile(told.apiKeyFile, 'utf8')).trim(),
    errors: () => errors,
    stop: () => {
      api.kill('SIGTERM');
      return code;
    },
  };
}
