import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Operation } from '../../core/backend';
import type { ServingDefinition } from '../../core/definition';
import { ServingError } from '../../core/errors';
import { KAFKA_CLIENT, KAFKA_CLIENT_MODULE, sendsToKafka } from '../../core/kafka';
import { t } from '../../core/l10n';
import type { Interpreters } from '../../core/ports';
import type { ManagedEnvironments } from '../../environments/managed';
import type { Pythons as KnownPythons } from '../../environments/python';
import { withKafkaClient } from '../local/kafkaClient';
import type { Pythons } from './pythons';

/** The Python of a serving: a managed environment when requirements are named, else the named or selected interpreter as it is. */
export class ChosenPython implements Pythons {
  constructor(
    private readonly folder: string,
    private readonly interpreters: Interpreters,
    private readonly pythons: KnownPythons,
    private readonly managed: ManagedEnvironments,
  ) {}

  async prepare(definition: ServingDefinition, operation: Operation): Promise<{ executable: string; note?: string }> {
    const base = await this.base(definition, operation.signal);
    const { requirements } = definition.environment;
    if (requirements === undefined) {
      const { executable, version } = await this.pythons.describe(base, operation.signal);
      await this.checkKafkaClient(definition, executable, operation);
      return { executable, note: `Python ${version}` };
    }
    const file = join(this.folder, requirements);
    const text = await readFile(file, 'utf8').catch((cause: unknown) => {
      throw new ServingError(
        'notFound',
        t('Could not read {0}: it is named in the definition of {1}', requirements, definition.name),
        {
          cause,
          remedies: [{ kind: 'openDefinition', field: 'environment.requirements' }],
        },
      );
    });
    const { executable, cached } = await this.managed.ensure(
      { python: base, requirements: withKafkaClient(definition, text), folder: dirname(file), file },
      operation,
    );
    return cached ? { executable, note: 'cached' } : { executable };
  }

  /** A chosen interpreter is the user's: nothing is installed into it unasked, and without it no record would be sent. */
  private async checkKafkaClient(
    definition: ServingDefinition,
    executable: string,
    { signal }: Operation,
  ): Promise<void> {
    if (!sendsToKafka(definition)) {
      return;
    }
    const found = await this.pythons.installed(executable, [KAFKA_CLIENT_MODULE], signal);
    if (found.get(KAFKA_CLIENT_MODULE) === undefined) {
      throw new ServingError(
        'package',
        t(
          'Could not start {0}: its predictions go to the Kafka topic {1}, and {2} has no {3}',
          definition.name,
          definition.inferenceLog.kafka.topic,
          executable,
          KAFKA_CLIENT,
        ),
        {
          remedies: [
            { kind: 'installPackages', packages: [KAFKA_CLIENT] },
            { kind: 'openDefinition', field: 'inferenceLog.kafka.topic' },
          ],
        },
      );
    }
  }

  /** The interpreter that runs the script, or that its environment is made from. */
  async base(definition: ServingDefinition, signal: AbortSignal): Promise<string> {
    const { python } = definition.environment;
    if (python === undefined) {
      return (await this.interpreters.selected(this.folder, signal)).executable;
    }
    // `.venv/bin/python` is below the workspace folder; a bare `python3.11` is looked for on the path.
    return /[/\\]/.test(python) ? resolve(this.folder, python) : python;
  }

  /** "Python 3.11.7": what runs where a definition names nothing. */
  async describe(signal: AbortSignal): Promise<string> {
    const { executable } = await this.interpreters.selected(this.folder, signal);
    return `Python ${(await this.pythons.describe(executable, signal)).version.replace(/\.\d+$/, '')}`;
  }
}
