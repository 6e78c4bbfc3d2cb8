import type { PredictFailure, PredictReply } from '../../../src/protocol/views/console';
import { t } from '../../common/l10n';

/** Where the request is that was sent last. */
export type Exchange =
  | { readonly kind: 'none' }
  | { readonly kind: 'waiting'; readonly since: number; /** What has come of the reply. */ readonly text: string }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'failed'; readonly failure: PredictFailure }
  | { readonly kind: 'reply'; readonly reply: PredictReply };

/** What stands under the editor: what is wrong with the request, or what was done with it. */
export interface Note {
  readonly tone: 'error' | 'warning' | 'info';
  readonly text: string;
  /** Where in the text it is about. */
  readonly place?: { readonly offset: number; readonly length: number };
}

/** How many rows a request had. */
export function rowsText(body: string): string {
  const rows = rowCount(body);
  return rows === undefined ? t('no rows') : rows === 1 ? t('1 row') : t('{0} rows', String(rows));
}

/** What a request was about, by its name where it has one: how many rows it had, or what the server said was wrong with it. */
export function describe(body: string, reply: PredictReply, name?: string): string {
  const error = reply.status < 400 ? undefined : errorText(reply.body);
  return [name, error, rowsText(body)].filter((part) => part !== undefined).join(' · ');
}

function rowCount(body: string): number | undefined {
  const value = parse(body);
  const inputs = value?.inputs ?? value?.instances;
  return inputs === undefined ? undefined : Array.isArray(inputs) ? inputs.length : 1;
}

function errorText(body: string): string | undefined {
  const error = parse(body)?.error;
  return typeof error === 'string' ? error : undefined;
}

function parse(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : undefined;
  } catch {
    return undefined;
  }
}
