import { expect } from 'vitest';
import type { Backend } from '../../src/core/backend';
import { DEFAULTS, type ServingDefinition } from '../../src/core/definition';
import type { InferenceLogDefinition, InferenceLogState } from '../../src/core/inferenceLog';
import type { ServingRef } from '../../src/core/serving';

/** One line of a local inference log, as the server writes it. */
export interface RecordedLine {
  readonly id: string;
  readonly verb: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly request: { readonly text?: string; readonly redacted?: number };
  readonly reply: { readonly text?: string };
}

export interface ReadRecords {
  readonly records: readonly RecordedLine[];
  readonly next: string | undefined;
}

const anything = (): AbortSignal => AbortSignal.timeout(30_000);

/** All records after a position; a line that is broken makes it reject. */
export async function recordsOf(backend: Backend, ref: ServingRef, since?: string): Promise<ReadRecords> {
  const records: RecordedLine[] = [];
  for (let next = since; ;) {
    const part = await backend.inferenceLog?.(ref, next, anything());
    if (part === undefined) {
      throw new Error('it has the capability "inferenceLog", and reads none');
    }
    next = part.next;
    if (part.bytes.length === 0) {
      return { records, next };
    }
    expect(part.bytes.at(-1)).toBe(0x0a);
    const lines = Buffer.from(part.bytes).toString('utf8').trimEnd().split('\n');
    records.push(...lines.map((line) => JSON.parse(line) as RecordedLine));
  }
}

/** What was asked for, in the order of the records. */
export function inputsOf(records: readonly RecordedLine[]): readonly unknown[] {
  return records.map(({ request }) => (JSON.parse(request.text ?? '{}') as { inputs?: unknown }).inputs);
}

export async function stateOfRecords(backend: Backend, ref: ServingRef): Promise<InferenceLogState | undefined> {
  return backend.inferenceLogState?.(ref, anything());
}

/** A change of the field of a definition. */
export function keeping(change: Partial<InferenceLogDefinition>): Pick<ServingDefinition, 'inferenceLog'> {
  return { inferenceLog: { ...DEFAULTS.inferenceLog, ...change } };
}
