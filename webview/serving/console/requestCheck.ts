import { checkJson } from '../../../src/core/jsonText';
import { checkRequest } from '../../../src/core/requestSchema';
import type { VerbView } from '../../../src/protocol/views/console';
import { t } from '../../common/l10n';
import type { Note } from './exchange';

/** Longer texts are not looked at while somebody types, in characters. */
const LONGEST = 400_000;

/** What is wrong with a request: as JSON, else as what the verb expects. The latter may be sent all the same. */
export function requestNote(text: string, verb: VerbView | undefined): Note | undefined {
  if (text.length > LONGEST) {
    return undefined;
  }
  const wrong = checkJson(text);
  if (wrong !== undefined) {
    return toNote('error', wrong.line, wrong.column, wrong.message, { offset: wrong.offset, length: 1 });
  }
  const unfit = checkRequest(text, verb?.inputs);
  if (unfit === undefined) {
    return undefined;
  }
  const before = text.slice(0, unfit.offset).split('\n');
  return toNote('warning', before.length, (before.at(-1)?.length ?? 0) + 1, unfit.message, unfit);
}

function toNote(
  tone: Note['tone'],
  line: number,
  column: number,
  message: string,
  place: NonNullable<Note['place']>,
): Note {
  const { offset, length } = place;
  return {
    tone,
    text: t('Line {0}, column {1}: {2}', String(line), String(column), message),
    place: { offset, length },
  };
}
