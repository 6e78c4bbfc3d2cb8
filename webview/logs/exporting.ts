import type { ExportTarget, LOG_PANEL } from '../../src/protocol/logPanel';
import { HostError } from '../common/host';
import type { Host } from '../common/host';
import { t } from '../common/l10n';
import { count } from '../common/numbers';
import { shownEntries } from './entries';
import { exportLines } from './export';
import type { Shown } from './shown';

/** Milliseconds for which the number of lines stays after the last one. */
const TOLD = 3000;

/** Writes lines to where they are wanted, and says how far it is; undefined: nothing is to be said any more. */
export function exportShown(
  host: Host<typeof LOG_PANEL>,
  shown: Shown,
  to: ExportTarget,
  range: readonly [number, number] | undefined,
  say: (text: string | undefined) => void,
): void {
  const { signal } = new AbortController();
  const ports = {
    start: (target: ExportTarget) => host.request('exportStart', { to: target }, signal),
    part: (id: number, text: string) => host.request('exportPart', { id, text }, signal),
    end: (id: number) => host.request('exportEnd', { id }, signal),
  };
  exportLines(to, shownEntries(shown, range), ports, (lines) => {
    say(t('{0} lines written', count(lines)));
  }).then(
    () => {
      setTimeout(say, TOLD, undefined);
    },
    (error: unknown) => {
      say(error instanceof HostError ? error.message : String(error));
    },
  );
}
