import { LEVELS } from '../../src/protocol/logBatch';
import type { LineDetails } from '../../src/protocol/logBatch';
import { LEVEL } from './chunk';
import type { FieldRule, Filter } from './filter';
import { eachLine, plainPattern } from './plainText';
import type { Piece, Store } from './store';

/** Bits of what the filter says of a line, apart from its level and the search. */
export const IN_SCOPE = 1;
export const IN_RANGE = 2;

/** What the filter says of each line of a piece. */
export function judge({ chunk, from, to }: Piece, filter: Filter, store: Store): Uint8Array {
  const bits = new Uint8Array(to - from);
  const { request, clearedAt = -Infinity, from: start = -Infinity, to: end = Infinity } = filter;
  const replica = filter.replica === undefined ? undefined : filter.replica === 'none' ? 0 : filter.replica + 1;
  for (let index = from; index < to; index++) {
    const time = chunk.times[index] ?? 0;
    if (
      time > clearedAt &&
      (replica === undefined || chunk.replicas[index] === replica) &&
      (request === undefined || chunk.hasRequest(index, request))
    ) {
      bits[index - from] = IN_SCOPE | (time >= start && time <= end ? IN_RANGE : 0);
    }
  }
  for (const rule of filter.rules ?? []) {
    const has = linesWith({ chunk, from, to }, rule, store);
    for (let at = 0; at < bits.length; at++) {
      if ((has[at] === 1) === rule.out) {
        bits[at] = 0;
      }
    }
  }
  return bits;
}

/** 1 for each line in which the field has the value. */
function linesWith(piece: Piece, rule: FieldRule, store: Store): Uint8Array {
  const { chunk, from, to } = piece;
  const has = new Uint8Array(to - from);
  const value: unknown = JSON.parse(rule.value);
  const each = (test: (index: number) => boolean): Uint8Array => {
    for (let index = from; index < to; index++) {
      has[index - from] = test(index) ? 1 : 0;
    }
    return has;
  };
  switch (rule.field) {
    case 'request':
      return each((index) => chunk.hasRequest(index, String(value)));
    case 'replica':
      return each((index) => chunk.replicas[index] === Number(value) + 1);
    case 'logger':
    case 'serving': {
      const place = store.placeOf(String(value));
      const column = rule.field === 'logger' ? chunk.loggers : chunk.servings;
      return each((index) => column[index] === place);
    }
    case 'level':
      return each((index) => LEVELS[(chunk.flags[index] ?? 0) & LEVEL] === value);
    case 'message':
      return each(
        (index) => chunk.messageLengths[index] === String(value).length && chunk.message(index) === String(value),
      );
    default:
      return linesWithField(piece, rule, has);
  }
}

/** The text of the field is looked for first: only where it is found a line's record is read. */
function linesWithField({ chunk, from, to }: Piece, { field, value }: FieldRule, has: Uint8Array): Uint8Array {
  const start = from === 0 ? 0 : (chunk.detailEnds[from - 1] ?? 0);
  const text = chunk.details.slice(start, chunk.detailEnds[to - 1]);
  const needle = plainPattern(`${JSON.stringify(field)}:${value}`, true);
  eachLine(text, needle, { ends: chunk.detailEnds, from, to, start }, (index) => {
    const { f: fields } = JSON.parse(chunk.detailsOf(index)) as LineDetails;
    has[index - from] = JSON.stringify(fields?.[field]) === value ? 1 : 0;
  });
  return has;
}
