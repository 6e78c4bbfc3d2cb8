import { t } from '../../core/l10n';
import type { Comparison, JsonDifference } from './compare';

/** As many differences as are named; the reply itself stands beside them. */
const NAMED = 20;
const LONGEST = 80;

/** What is wrong with a reply's status: a sentence. */
export function statusText({ expected, actual }: NonNullable<Comparison['status']>): string {
  return t('Status {0}, expected {1}', actual, expected);
}

export function latencyText({ limitMs, actualMs }: NonNullable<Comparison['latency']>): string {
  return t('Answered after {0} ms, at most {1} ms are allowed', whole(actualMs), limitMs);
}

/** Its first line is the first difference: it stands behind the request's line. */
export function replyText({ list, more }: Comparison['reply']): string {
  const named = list.slice(0, NAMED).map(differenceText);
  const rest = list.length - named.length + more;
  return [...named, ...(rest > 0 ? [t('… and {0} more differences', rest)] : [])].join('\n');
}

function differenceText({ path, kind, expected = '', actual = '' }: JsonDifference): string {
  const [is, was] = [short(actual), short(expected)];
  switch (kind) {
    case 'missing':
      return t('{0} is missing, expected {1}', path, was);
    case 'extra':
      return t('{0} is {1}, expected nothing there', path, is);
    case 'length':
      return t('{0} has {1} items, expected {2}', path, is, was);
    case 'type':
    case 'value':
      return t('{0} is {1}, expected {2}', path, is === '' ? t('empty') : is, was);
  }
}

/** One line in the output of a run. */
export function ranText(
  name: string,
  reply: { readonly status: number; readonly latencyMs: number; readonly requestId?: string },
): string {
  const parts = [name, String(reply.status), `${whole(reply.latencyMs)} ms`];
  return [...parts, ...(reply.requestId === undefined ? [] : [t('request {0}', reply.requestId)])].join('  ');
}

function short(json: string): string {
  const line = json.trim().replace(/\s+/g, ' ');
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
}

function whole(milliseconds: number): string {
  return milliseconds < 10 ? milliseconds.toFixed(1) : String(Math.round(milliseconds));
}
