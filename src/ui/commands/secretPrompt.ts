import { BACK, type Prompts } from '../../app/prompts';
import { secretNames, type ServingDefinition } from '../../core/definition';
import { ServingError } from '../../core/errors';
import { t } from '../../core/l10n';
import type { Secrets } from '../../core/ports';

/** Asks for the values of secrets; they go into the secret storage and nowhere else. */
export class SecretPrompt {
  constructor(
    private readonly secrets: Secrets,
    private readonly prompts: Prompts,
  ) {}

  /** Asks for the secrets of a definition that have no value on this computer. */
  async askMissing(folder: string | undefined, definition: ServingDefinition): Promise<void> {
    for (const name of folder === undefined ? [] : secretNames(definition)) {
      if (folder !== undefined && (await this.secrets.get(folder, name)) === undefined) {
        await this.ask(folder, name);
      }
    }
  }

  async ask(folder: string, name: string): Promise<void> {
    const value = await this.prompts.input({
      title: t('Secret {0}', name),
      prompt: t(
        'Its value. It is kept in the secret storage of this computer and handed to the server as an environment variable.',
      ),
      value: '',
      secret: true,
      check: (text) => (text === '' ? t('Enter a value') : undefined),
    });
    if (value === BACK) {
      throw ServingError.cancelled(t('Setting {0}', name));
    }
    await this.secrets.set(folder, name, value);
  }
}
