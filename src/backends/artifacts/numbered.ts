import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { ServingError } from '../../core/errors';
import type { ModelRef } from '../../core/model';
import { ARTIFACTS, type Sources } from './sources';

/** The name of a numbered artifact, and of its folder. */
export function labelOf(model: ModelRef, number: number): string {
  return `${model.name}_${model.version}_${number}`;
}

/** Where a numbered artifact's files lie. */
export function numberedDirectory(version: string, model: ModelRef, number: number): string {
  return path.join(version, ARTIFACTS, String(number), labelOf(model, number));
}

/** Numbers that are taken below a version, lowest first. */
export async function numbersIn(version: string): Promise<readonly number[]> {
  const names = await readdir(path.join(version, ARTIFACTS)).catch(() => []);
  return names
    .filter((name) => /^[1-9]\d{0,9}$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
}

export async function missingArtifact(context: string, sources: Sources): Promise<ServingError> {
  const numbers = await numbersIn(sources.version);
  const there = numbers.length === 0 ? 'none was packed so far' : `there is ${numbers.join(', ')}`;
  return new ServingError('notFound', `${context}: there is no such artifact; ${there}`, {
    remedies: [{ kind: 'openDefinition', field: 'artifact' }],
  });
}
