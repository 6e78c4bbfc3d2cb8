import type { ServingDefinition } from '../core/definition';
import { t } from '../core/l10n';
import type { Serving, ServingRef } from '../core/serving';
import { BACK, type Prompts } from './prompts';

const SMALLEST_MB = 16;

export interface RaiseMemoryParts {
  readonly prompts: Pick<Prompts, 'input'>;
  update(ref: ServingRef, definition: ServingDefinition): Promise<void>;
  start(ref: ServingRef, definition: ServingDefinition): Promise<void>;
}

/** Asks for another limit of the replicas' memory, writes it into the definition and has the serving run at it. */
export async function raiseMemory({ ref, state, definition }: Serving, parts: RaiseMemoryParts): Promise<void> {
  const { memoryMb } = definition.resources;
  const answer = await parts.prompts.input({
    title: t('Memory of {0}', ref.name),
    prompt: t('Limit of each replica in MB; now it is {0}. The serving goes over to it at once.', String(memoryMb)),
    value: String(memoryMb * 2),
    check: (text) => (/^\d+$/.test(text) && Number(text) >= SMALLEST_MB ? undefined : t('Enter a number of MB: 1024')),
  });
  if (answer === BACK) {
    return;
  }
  const raised = { ...definition, resources: { ...definition.resources, memoryMb: Number(answer) } };
  await parts.update(ref, raised);
  if (state !== 'running' && state !== 'idle') {
    await parts.start(ref, raised);
  }
}
