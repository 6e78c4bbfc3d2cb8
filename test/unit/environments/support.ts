import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll } from 'vitest';
import type { Operation, Progress } from '../../../src/core/backend';
import { ServingError } from '../../../src/core/errors';
import type { Logger } from '../../../src/core/log';
import type { Run, RunOptions, RunResult } from '../../../src/environments/run';

export const serverRoot = path.resolve(import.meta.dirname, '../../../src/server');
export const never = new AbortController().signal;

/** A folder that goes away after the file's tests; spaces and accents are in its path on purpose. */
export function scratch(name: string): string {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), `model serving é ${name}-`)));
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  });
  return folder;
}

export interface Recorded extends Operation {
  readonly told: readonly Progress[];
  messages(): readonly string[];
}

export function operation(signal: AbortSignal = never): Recorded {
  const told: Progress[] = [];
  return {
    signal,
    told,
    report: (progress) => told.push(progress),
    messages: () => told.map(({ message }) => message ?? ''),
  };
}

export function logger(): Logger & { readonly lines: string[] } {
  const lines: string[] = [];
  const add = (message: string | Error): void => {
    lines.push(String(message));
  };
  return { lines, debug: add, info: add, warn: add, error: add };
}

export interface Call {
  readonly command: string;
  readonly args: readonly string[];
  readonly options: RunOptions;
}

type Answer = Partial<RunResult> | ServingError | undefined;

/** A runner that never starts anything: `answer` says what each call gives, lines included. */
export function fakeRun(answer: (call: Call) => Answer | Promise<Answer>): Run & { readonly calls: Call[] } {
  const calls: Call[] = [];
  const fake: Run = async (command, args, options) => {
    if (options.signal.aborted) {
      throw ServingError.cancelled(options.what);
    }
    const call = { command, args, options };
    calls.push(call);
    const given = await answer(call);
    if (given instanceof ServingError) {
      throw given;
    }
    const result = { exitCode: 0, stdout: '', stderr: '', ...given };
    `${result.stdout}\n${result.stderr}`
      .split('\n')
      .filter((line) => line.trim() !== '')
      .forEach((line) => options.onLine?.(line));
    return result;
  };
  return Object.assign(fake, { calls });
}

/** The ServingError that a promise rejects with; fails when it resolves or rejects with anything else. */
export async function failure(promise: Promise<unknown>): Promise<ServingError> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ('error' in outcome && outcome.error instanceof ServingError) {
    return outcome.error;
  }
  throw new Error(`expected a ServingError: ${JSON.stringify(outcome)} ${String('error' in outcome && outcome.error)}`);
}
