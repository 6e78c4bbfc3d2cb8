/** Shorter ones are in too many lines to be worth looking for. */
const SHORTEST = 3;
/** Characters that mean something in a pattern; a group and a set are skipped as a whole. */
const SPECIAL = '.^$*+?{}()[]/\\';

/**
 * The longest text that must be in whatever a regular expression matches; undefined when none is seen: it is looked for
 * where it is plain to see, outside groups, sets and choices.
 */
export function literalOf(source: string): string | undefined {
  // Escapes with something behind them, which would be taken for plain text.
  if (/\\[ckpPux1-9]/.test(source.replaceAll('\\\\', ''))) {
    return undefined;
  }
  const runs: string[] = [];
  let run = '';
  const end = (): void => {
    runs.push(run);
    run = '';
  };
  for (let at = 0; at < source.length;) {
    const char = source[at] ?? '';
    if (char === '|') {
      return undefined;
    }
    if (char === '(' || char === '[') {
      at = endOf(source, at);
      end();
    } else if (char === '\\') {
      const next = source[at + 1] ?? '';
      if (/\w/.test(next)) {
        end();
      } else {
        run += next;
      }
      at += 2;
    } else if (char === '{') {
      run = withoutLast(run);
      end();
      at = source.indexOf('}', at) + 1 || source.length;
    } else if (SPECIAL.includes(char)) {
      if (char === '?' || char === '*') {
        run = withoutLast(run);
      }
      end();
      at += 1;
    } else {
      run += char;
      at += 1;
    }
  }
  end();
  const longest = runs.reduce((best, each) => (each.length > best.length ? each : best), '');
  return longest.length < SHORTEST ? undefined : longest;
}

/** What is repeated is one character, which may be two units long. */
function withoutLast(run: string): string {
  return run.replace(/.$/su, '');
}

/** Behind the group or set that begins here. */
function endOf(source: string, from: number): number {
  let depth = 0;
  let inSet = false;
  for (let at = from; at < source.length; at++) {
    const char = source[at];
    if (char === '\\') {
      at += 1;
    } else if (inSet) {
      inSet = char !== ']';
    } else if (char === '[') {
      inSet = true;
    } else if (char === '(') {
      depth += 1;
    } else if (char === ')') {
      depth -= 1;
    }
    if (depth === 0 && !inSet) {
      return at + 1;
    }
  }
  return source.length;
}
