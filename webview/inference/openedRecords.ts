import type { INFERENCE_PANEL } from '../../src/protocol/inferencePanel';
import { messageOf } from '../common/host';
import type { Host } from '../common/host';
import { t } from '../common/l10n';
import { OpenRecord } from './opened';
import type { RowDeeds } from './row';

type OpenedDeeds = Pick<RowDeeds, 'raw' | 'copyBody' | 'copyText' | 'showLogs' | 'makeTest'>;

/** The records that are open, and what can be done with one. */
export class OpenedRecords {
  private readonly opened = new Map<number, OpenRecord>();

  readonly deeds: OpenedDeeds = {
    raw: (number, raw) => {
      const open = this.opened.get(number);
      if (open !== undefined) {
        open.raw = raw;
      }
      this.draw();
    },
    copyBody: (record, side) => {
      this.host.notify('copyBody', { record, side });
      this.note(record, t('Copied'));
    },
    copyText: (record) => {
      this.host.notify('copyRecords', { records: [record] });
      this.note(record, t('Copied'));
    },
    showLogs: (request) => {
      this.host.notify('showLogs', { request });
    },
    makeTest: (record) => {
      this.host.request('makeTest', { record }, new AbortController().signal).then(
        (name) => {
          this.note(record, t('Saved as the test {0}', name));
        },
        (error: unknown) => {
          this.note(record, messageOf(error));
        },
      );
    },
  };

  constructor(
    private readonly host: Pick<Host<typeof INFERENCE_PANEL>, 'notify' | 'request'>,
    private readonly draw: () => void,
  ) {}

  get numbers(): readonly number[] {
    return [...this.opened.keys()].sort((a, b) => a - b);
  }

  of(number: number): OpenRecord | undefined {
    return this.opened.get(number);
  }

  has(number: number): boolean {
    return this.opened.has(number);
  }

  clear(): void {
    this.opened.clear();
  }

  dropBelow(oldest: number): void {
    for (const number of this.opened.keys()) {
      if (number < oldest) {
        this.opened.delete(number);
      }
    }
  }

  /** Opens a record, whose bodies are asked for now, or closes it. */
  toggle(number: number): void {
    if (this.opened.delete(number)) {
      this.draw();
      return;
    }
    const open = new OpenRecord();
    this.opened.set(number, open);
    this.host.request('record', { record: number }, new AbortController().signal).then(
      (view) => {
        open.view = view;
        this.draw();
      },
      (error: unknown) => {
        open.problem = messageOf(error);
        this.draw();
      },
    );
    this.draw();
  }

  private note(number: number, text: string): void {
    const open = this.opened.get(number);
    if (open !== undefined) {
      open.note = text;
    }
    this.draw();
  }
}
