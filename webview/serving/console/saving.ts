import type { SERVING_PANEL } from '../../../src/protocol/servingPanel';
import type { PredictParams } from '../../../src/protocol/views/console';
import type { Host } from '../../common/host';
import { t } from '../../common/l10n';
import { rowsText } from './exchange';
import type { Notes } from './notes';

/** Saves requests, and knows the name of the one in the editor as long as nothing of it is changed. */
export class Saving {
  private named: { readonly name: string; readonly body: string } | undefined;

  constructor(
    private readonly host: Host<typeof SERVING_PANEL>,
    private readonly notes: Notes,
  ) {}

  /** A saved request was taken into the editor. */
  took(name: string, body: string): void {
    this.named = { name, body };
  }

  nameOf(body: string): string | undefined {
    return this.named?.body === body ? this.named.name : undefined;
  }

  async save({ verb, body }: PredictParams): Promise<void> {
    await this.write(body, (name, signal) => this.host.request('saveRequest', { verb, body, name }, signal));
  }

  async makeTest(body: string): Promise<void> {
    await this.write(body, (name, signal) => this.host.request('makeTest', { name }, signal));
  }

  private async write(body: string, ask: (name: string, signal: AbortSignal) => Promise<string>): Promise<void> {
    try {
      const name = await ask(this.nameOf(body) ?? rowsText(body), new AbortController().signal);
      this.took(name, body);
      this.notes.tell({ tone: 'info', text: t('Saved as {0}.', name) });
    } catch (error) {
      this.notes.fail(error);
    }
  }
}
