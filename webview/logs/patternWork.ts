/** What a worker is asked: which of the lines match, or where in some texts. */
export interface PatternTask {
  readonly id: number;
  readonly source: string;
  readonly flags: string;
  /** Lines that are kept by this number; those of lower numbers than `oldest` are forgotten. */
  readonly kept?: { readonly key: number; readonly oldest: number };
  /** Lines one after the other … */
  readonly text?: string;
  /** … and where each ends. */
  readonly ends?: Uint32Array;
  readonly texts?: readonly string[];
}

export interface PatternAnswer {
  readonly id: number;
  /** 1 for each line that matches. */
  readonly lines?: Uint8Array;
  /** Lines that were looked through only at their beginning. */
  readonly partly: number;
  /** For each of the texts: from, to, from, to … */
  readonly places?: readonly (readonly number[])[];
}

/** Lines that stay as they are, and are handed over once only. */
export interface KeptLines {
  readonly key: number;
  readonly oldest: number;
  read(): Required<Pick<PatternTask, 'text' | 'ends'>>;
}

/** The pattern took too long on some lines. */
export class SlowPattern extends Error {}

/** Runs regular expressions where they hold up nobody. */
export interface PatternEngine {
  /** Rejects with SlowPattern. */
  ask(task: Omit<PatternTask, 'id' | 'kept'>, lines?: KeptLines): Promise<PatternAnswer>;
  /** Whatever was asked is not wanted any more. */
  end(reason: Error): void;
}

/** So many choices are tried in each other's every combination at worst: 16 times the length of a text. */
const CHOICES = 4;

/** Whether a pattern repeats nothing and chooses seldom, so that no text keeps it busy: it needs no worker. */
export function isQuick(source: string): boolean {
  const bare = source.replaceAll(/\\./gsu, '');
  return !/[*+{]/.test(bare) && [...bare.matchAll(/[?|]/g)].length <= CHOICES;
}

/**
 * Searches for a regular expression. It runs in a worker, made from its own text: nothing from outside it is there.
 * A pattern that looks at no surroundings is tried on all lines at once, and only where it is found on the line alone.
 */
export function work(task: PatternTask): PatternAnswer {
  const longest = 20_000;
  const pattern = new RegExp(task.source, task.flags);
  // Where case is ignored by Unicode's rules, engines take up to ten times as long. A pattern of plain letters finds
  // the same without them, but for two letters that are another form of s and k, and for pairs that are one character.
  const isPlain = task.flags.includes('i') && !/[^\t -~]|\\[pPux1-9k]/.test(task.source);
  const quick = new RegExp(task.source, isPlain ? task.flags.replace('u', '') : task.flags);
  const patternFor = (text: string): RegExp => (isPlain && !/[\u017f\u212a\ud800-\udfff]/.test(text) ? quick : pattern);
  if (task.texts !== undefined) {
    const places = task.texts.map((text) => {
      const found: number[] = [];
      for (const match of text.slice(0, longest).matchAll(patternFor(text))) {
        if (match[0] !== '' && found.length < 2000) {
          found.push(match.index, match.index + match[0].length);
        }
      }
      return found;
    });
    return { id: task.id, partly: 0, places };
  }
  const { text = '', ends = new Uint32Array() } = task;
  const current = patternFor(text);
  const lines = new Uint8Array(ends.length);
  const test = (index: number): void => {
    const start = index === 0 ? 0 : (ends[index - 1] ?? 0);
    const end = (ends[index] ?? 0) - 1;
    current.lastIndex = 0;
    lines[index] = current.test(text.slice(start, Math.min(end, start + longest))) ? 1 : 0;
  };
  let partly = 0;
  let from = 0;
  for (const end of ends) {
    partly += end - from - 1 > longest ? 1 : 0;
    from = end;
  }
  // Around a line there are others then: what looks around would see them.
  const looksAround = /\(\?[=!<]|\\\d|\\k/.test(task.source.replace(/\(\?<[A-Za-z_]/g, ''));
  if (looksAround || partly > 0) {
    for (let index = 0; index < ends.length; index++) {
      test(index);
    }
    return { id: task.id, lines, partly };
  }
  let line = 0;
  current.lastIndex = 0;
  for (let match = current.exec(text); match !== null; match = current.exec(text)) {
    let high = ends.length - 1;
    while (line < high) {
      const middle = (line + high) >>> 1;
      if ((ends[middle] ?? 0) <= match.index) {
        line = middle + 1;
      } else {
        high = middle;
      }
    }
    test(line);
    current.lastIndex = ends[line] ?? text.length;
    line += 1;
    if (line >= ends.length) {
      break;
    }
  }
  return { id: task.id, lines, partly };
}

/** What a worker does with each message: `work`, with the lines that it keeps. Made from its own text, too. */
export function keeping(search: (task: PatternTask) => PatternAnswer): (task: PatternTask) => PatternAnswer {
  const all = new Map<number, Pick<PatternTask, 'text' | 'ends'>>();
  return ({ kept, ...task }) => {
    if (kept === undefined) {
      return search(task);
    }
    for (const key of all.keys()) {
      if (key < kept.oldest) {
        all.delete(key);
      }
    }
    if (task.text !== undefined) {
      all.set(kept.key, { text: task.text, ends: task.ends ?? new Uint32Array() });
    }
    return search({ ...task, ...all.get(kept.key) });
  };
}
