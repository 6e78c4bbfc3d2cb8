import type { Prompts } from '../../app/prompts';
import { isCancelled } from '../../core/errors';
import type { KafkaBroker, MadeTopics } from '../../core/kafka';
import { t } from '../../core/l10n';
import type { ServingRef } from '../../core/serving';
import { withOperation } from '../../platform/progress';

export interface RemoveTopicsParts {
  readonly prompts: Pick<Prompts, 'choose'>;
  readonly broker: Pick<KafkaBroker, 'connection' | 'remove'>;
  /** Of the workspace folder that a serving is of; undefined where none are made for it. */
  readonly topicsOf: (ref: ServingRef) => MadeTopics | undefined;
}

/** Topics that were made for a serving which is gone: they stay unless somebody says that they are to go, too. */
export async function removeTopics(parts: RemoveTopicsParts, refs: readonly ServingRef[]): Promise<void> {
  const { prompts, broker, topicsOf } = parts;
  const brokers = broker.connection()?.brokers;
  const made = await Promise.all(
    refs.map(async (ref) => {
      const topics = topicsOf(ref);
      const found = (await topics?.madeFor(ref.name)) ?? [];
      await topics?.forget(ref.name);
      return found;
    }),
  );
  const names = made.flat().flatMap((each) => (each.brokers === brokers ? [each.topic] : []));
  if (names.length === 0) {
    return;
  }
  const [keep, lose] = [t('Keep'), t('Delete')];
  const chosen = await prompts
    .choose(
      names.length === 1
        ? t('Delete the Kafka topic {0}, too?', names.join(', '))
        : t('Delete {0} Kafka topics, too?', names.length),
      t('{0}: made for what was deleted. Its records are lost for everyone who reads them.', names.join(', ')),
      [keep, lose],
    )
    .catch((error: unknown) => {
      if (isCancelled(error)) {
        return keep;
      }
      throw error;
    });
  if (chosen === lose) {
    await withOperation(t('Deleting {0}', names.join(', ')), async (operation) => {
      for (const name of names) {
        await broker.remove(name, operation);
      }
    });
  }
}
