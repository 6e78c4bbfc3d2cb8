import type { ExportTarget, LOG_PANEL } from '../../src/protocol/logPanel';
import type { Host } from '../common/host';
import { ALL_LINES } from './filter';
import type { FilterChange } from './filter';
import type { Shown } from './shown';
import type { PageState } from './state';
import type { ToolDeeds } from './tools';

export interface ToolPorts {
  readonly host: Host<typeof LOG_PANEL>;
  readonly shown: Shown;
  state(): PageState;
  change(part: Partial<PageState>): void;
  filter(change: FilterChange): void;
  custom(on: boolean): void;
  next(step: 1 | -1): void;
  /** Lines are broken otherwise than before. */
  wrapped(): void;
  export(to: ExportTarget): void;
}

/** What the tools above the lines do. */
export function toolDeeds(page: ToolPorts): ToolDeeds {
  return {
    choose: (ref) => {
      page.host.notify('choose', { ref });
    },
    change: (part) => {
      page.filter(part);
    },
    custom: (on) => {
      page.custom(on);
    },
    next: (step) => {
      page.next(step);
    },
    follow: (on) => {
      page.change({ follow: on });
    },
    wrap: (wrap) => {
      page.change({ wrap });
      page.wrapped();
    },
    relative: (relative) => {
      page.change({ relative });
    },
    copyShown: () => {
      page.export('clipboard');
    },
    save: () => {
      page.export('file');
    },
    openText: () => {
      page.export('document');
    },
    clear: () => {
      page.filter({ clearedAt: page.shown.store.newest ?? Date.now() });
    },
    again: () => {
      page.host.notify('again', {});
    },
    showAll: () => {
      page.filter({ ...ALL_LINES, text: page.state().filter.text });
    },
  };
}
