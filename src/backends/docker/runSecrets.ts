import { secretNames } from '../../core/definition';
import { ServingError } from '../../core/errors';
import { t } from '../../core/l10n';
import { containerSecretNames, containerSecrets } from '../local/kafkaLaunch';
import type { RunRecord } from '../local/ledger';
import { secretsOf } from '../local/secrets';
import type { DockerContext } from './dockerContext';

type Needing = Pick<RunRecord, 'definition' | 'kafka'>;

/** Names of all that a run's containers find in the folder of secrets: what the serving asks for, and what Kafka needs. */
export function runSecretNames({ definition, kafka }: Needing): readonly string[] {
  return [...secretNames(definition), ...(kafka === undefined ? [] : containerSecretNames(kafka))];
}

/** Their values. Rejects when one has none on this computer. */
export async function runSecrets(
  { secrets, topics }: Pick<DockerContext, 'secrets' | 'topics'>,
  { definition, kafka }: Needing,
): Promise<Readonly<Record<string, string>>> {
  const own = await secretsOf(definition, secrets);
  if (kafka === undefined || topics === undefined) {
    return own;
  }
  const passwords = await topics.passwords(kafka.connection);
  if (kafka.connection.sasl !== undefined && passwords.password === undefined) {
    throw new ServingError(
      'signedOut',
      t('The password for Kafka at {0} is not known on this computer', kafka.connection.brokers),
      { remedies: [{ kind: 'setUpKafka' }] },
    );
  }
  return { ...own, ...(await containerSecrets(kafka, passwords)) };
}
