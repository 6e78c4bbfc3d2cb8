import type { LogEntry } from '../../src/protocol/logPanel';

export interface Place {
  readonly file: string;
  readonly label: string;
  readonly line: number;
}

const FRAME = /File "([^"\n]+)", line (\d+)/g;
const NOT_THE_USERS = /[\\/](?:site-packages|lib[\\/]python\d|model_server)[\\/]|^</;

/** Where in the user's code it happened: the last frame that is theirs. */
export function placeOf(entry: LogEntry): Place | undefined {
  const frame = entry.trace?.frames.findLast((each) => each.user);
  if (frame !== undefined) {
    return { file: frame.file, label: frame.label, line: frame.line };
  }
  const found = [...entry.message.matchAll(FRAME)].findLast(([, file = '']) => !NOT_THE_USERS.test(file));
  const file = found?.[1];
  return file === undefined ? undefined : { file, label: file.split(/[\\/]/).at(-1) ?? file, line: Number(found?.[2]) };
}
