import type { LogLine } from '../core/backend';
import type { ScriptException, TraceFrame } from '../core/serving';

const BEGINS = /^\s*Traceback \(most recent call last\):\s*$/;
const PLACE = /^\s*File "([^"]+)", line (\d+)(?:, in (.+))?$/;
/** `ValueError: three features`, `my.module.Error`, `KeyboardInterrupt`. */
const ENDS = /^([A-Za-z_][\w.]*)(?:: ?(.*))?$/;
/** Python's own files and those of packages. */
const NOT_OURS = /[/\\](site-packages|dist-packages|lib[/\\]python[\d.]*)[/\\]|^<|model_server[/\\]/;
/** Python points below a line at the part of it that failed. */
const POINTERS = /^[\s~^]+$/;
/** A deeper one is not a traceback any more that somebody reads. */
const MOST_LINES = 1000;
/** Milliseconds after which the rest does not come any more: a log is written line by line. */
const HOLD = 500;

/**
 * Tracebacks that come line by line, as Python prints them, each as one line with its exception, so that it is folded and
 * its files are links. One that is broken off stays the lines that it was.
 */
export async function* foldTracebacks(lines: AsyncIterable<LogLine>, hold = HOLD): AsyncGenerator<LogLine> {
  const open = new Map<string, LogLine[]>();
  const reader = lines[Symbol.asyncIterator]();
  try {
    let next = reader.next();
    for (;;) {
      const result = open.size === 0 ? await next : await within(next, hold);
      if (result === undefined) {
        yield* released(open);
        continue;
      }
      if (result.done === true) {
        yield* released(open);
        return;
      }
      next = reader.next();
      yield* taken(result.value, open);
    }
  } finally {
    await reader.return?.();
  }
}

function taken(line: LogLine, open: Map<string, LogLine[]>): readonly LogLine[] {
  const key = `${String(line.replica)} ${line.logger}`;
  const before = open.get(key);
  const isRaw = line.fields.exception === undefined;
  if (before === undefined || !isRaw) {
    if (isRaw && BEGINS.test(line.message)) {
      open.set(key, [line]);
      return [];
    }
    return [line];
  }
  if (/^\s/.test(line.message) && before.length < MOST_LINES) {
    before.push(line);
    return [];
  }
  open.delete(key);
  const end = ENDS.exec(line.message);
  const frames = framesOf(before);
  if (end === null || frames.length === 0) {
    return [...before, ...taken(line, open)];
  }
  const exception: ScriptException = { type: end[1] ?? '', text: end[2] ?? '', frames };
  const [first = line] = before;
  return [{ ...first, level: 'ERROR', message: line.message, fields: { ...first.fields, exception } }];
}

function framesOf(lines: readonly LogLine[]): readonly TraceFrame[] {
  const frames: TraceFrame[] = [];
  for (const { message } of lines) {
    const [, file, line, name] = PLACE.exec(message) ?? [];
    const last = frames.at(-1);
    if (file !== undefined) {
      const user = !NOT_OURS.test(file);
      frames.push({ file, line: Number(line), function: name ?? '<module>', source: '', user });
    } else if (last?.source === '' && !POINTERS.test(message)) {
      frames[frames.length - 1] = { ...last, source: message.trim() };
    }
  }
  return frames;
}

function* released(open: Map<string, LogLine[]>): Generator<LogLine> {
  const all = [...open.values()];
  open.clear();
  for (const lines of all) {
    yield* lines;
  }
}

/** Undefined when it takes longer. */
async function within<T>(promise: Promise<T>, milliseconds: number): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, milliseconds, undefined);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
