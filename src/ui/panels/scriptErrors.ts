import type { LogLine } from '../../core/backend';
import type { ScriptException, ServingRef } from '../../core/serving';
import { refKey } from '../../core/serving';
import { startsRun, toException } from './logView';

/** An exception of somebody's code, at the line of it that was the last to be run. */
export interface ScriptError {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** "ValueError: could not convert string to float". */
  readonly message: string;
  readonly serving: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** Errors of one serving that are kept; the same one at the same line counts once. */
const MOST = 50;

/** The exceptions of the servings' scripts since they were started last and their files were saved last. */
export class ScriptErrors {
  private readonly byServing = new Map<string, Map<string, ScriptError>>();

  /** A line of a log. Whether anything is another than before. */
  seen(ref: ServingRef, line: LogLine): boolean {
    if (startsRun(line) && line.replica === undefined) {
      return this.started(ref);
    }
    const { exception } = line.fields;
    // Of the many lines, nearly all end here.
    return exception === undefined ? false : this.add(ref, toException(exception), line.time);
  }

  add(ref: ServingRef, exception: ScriptException | undefined, at: number): boolean {
    const frame = exception?.frames.findLast(({ user }) => user);
    if (exception === undefined || frame === undefined) {
      return false;
    }
    const { type, text } = exception;
    const message = text === '' ? type : `${type}: ${text}`;
    const key = `${frame.file}\n${String(frame.line)}\n${message}`;
    const errors = this.byServing.get(refKey(ref)) ?? new Map<string, ScriptError>();
    this.byServing.set(refKey(ref), errors);
    const known = errors.get(key);
    if (known !== undefined && known.at >= at) {
      return false;
    }
    errors.delete(key);
    errors.set(key, { file: frame.file, line: frame.line, message, serving: ref.name, at });
    for (const oldest of errors.keys()) {
      if (errors.size <= MOST) {
        break;
      }
      errors.delete(oldest);
    }
    return known === undefined;
  }

  /** It was started again: what was wrong before may be right by now. */
  started(ref: ServingRef): boolean {
    return this.byServing.delete(refKey(ref));
  }

  /** It was changed at that time: what was wrong before may be right by now. */
  changed(file: string, at: number): boolean {
    let isOther = false;
    for (const errors of this.byServing.values()) {
      for (const [key, error] of errors) {
        if (error.file === file && error.at <= at) {
          errors.delete(key);
          isOther = true;
        }
      }
    }
    return isOther;
  }

  all(): readonly ScriptError[] {
    return [...this.byServing.values()].flatMap((errors) => [...errors.values()]);
  }
}
