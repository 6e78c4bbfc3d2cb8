import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { ServingError } from '../../core/errors';
import { t } from '../../core/l10n';
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
  const message =
    numbers.length === 0
      ? t('{0}: there is no such artifact; none was packed so far', context)
      : t('{0}: there is no such artifact; there is {1}', context, numbers.join(', '));
  return new ServingError('notFound', message, {
    remedies: [{ kind: 'openDefinition', field: 'artifact' }],
  });
}
