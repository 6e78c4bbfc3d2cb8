import { t } from '../../core/l10n';
import { rootOf, toRequest, valueOf, wrongRequest, type SavedRequest } from './requestsText';

/** A place in a text, both from 0. */
export interface TextPosition {
  readonly line: number;
  readonly character: number;
}

export interface TextSpan {
  readonly start: TextPosition;
  readonly end: TextPosition;
}

/** A request of a file, where it stands there. */
export interface RequestItem {
  /** What it is known by in its file, whatever is written around it. */
  readonly id: string;
  readonly label: string;
  readonly span: TextSpan;
  /** Absent when something of it is not right. */
  readonly request?: SavedRequest;
  readonly problem?: string;
}

export interface RequestItems {
  /** In their order in the file. */
  readonly items: readonly RequestItem[];
  /** Why nothing of it can be read: a sentence. */
  readonly problem?: string;
}

/** The requests of `<script>.requests.json`, each with its lines; what is wrong is told at its place. */
export function toRequestItems(text: string): RequestItems {
  const { root, requests, problem } = rootOf(text);
  const list = root?.children?.find(({ children }) => children?.[0]?.value === 'requests')?.children?.[1];
  if (root === undefined || (list !== undefined && list.type !== 'array')) {
    return { items: [], problem: problem ?? t('requests has to be a list') };
  }
  const positionAt = positions(text);
  const names = new Set<string>();
  return {
    items: requests.map((node, index): RequestItem => {
      const request = toRequest(node, text);
      const span = { start: positionAt(node.offset), end: positionAt(node.offset + node.length) };
      const isRepeated = request !== undefined && names.has(request.name);
      if (request !== undefined && !isRepeated) {
        names.add(request.name);
        return { id: request.name, label: request.name, span, request };
      }
      const name = valueOf(node, 'name');
      return {
        id: `requests[${String(index)}]`,
        label: typeof name === 'string' && name.trim() !== '' ? name : `requests[${String(index)}]`,
        span,
        problem: isRepeated
          ? t('A request before it is named {0}, too: give it a name of its own', request.name)
          : wrongRequest(index),
      };
    }),
  };
}

/** Finds lines by halves: a file may have thousands of them. */
function positions(text: string): (offset: number) => TextPosition {
  const starts = [0, ...[...text.matchAll(/\r\n|\r|\n/g)].map(({ index, 0: end }) => index + end.length)];
  return (offset) => {
    let [low, high] = [0, starts.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      [low, high] = (starts[middle] ?? 0) <= offset ? [middle, high] : [low, middle - 1];
    }
    return { line: low, character: offset - (starts[low] ?? 0) };
  };
}
