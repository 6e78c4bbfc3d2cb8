import { secretNames, type ServingDefinition } from '../../core/definition';
import { ServingError } from '../../core/errors';
import { t } from '../../core/l10n';
import type { SecretValues } from './ports';

/** The values of all secrets that a serving needs. Rejects when one has none on this computer. */
export async function secretsOf(definition: ServingDefinition, values: SecretValues): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const name of secretNames(definition)) {
    const value = await values.get(name);
    if (value === undefined) {
      throw new ServingError(
        'invalid',
        t('Could not start {0}: the secret {1} has no value on this computer', definition.name, name),
        { remedies: [{ kind: 'setSecret', name }] },
      );
    }
    found[name] = value;
  }
  return found;
}
