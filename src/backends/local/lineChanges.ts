/** How many lines a text has more, and how many are gone. */
export interface LineChanges {
  readonly added: number;
  readonly removed: number;
}

/** Of longer differences the order of lines is left out. */
const LONGEST = 1000;

/** What is different between two texts, line by line. */
export function lineChanges(before: string, after: string): LineChanges {
  const [old, now] = [linesOf(before), linesOf(after)];
  let begin = 0;
  while (begin < old.length && begin < now.length && old[begin] === now[begin]) {
    begin++;
  }
  let end = 0;
  while (end < old.length - begin && end < now.length - begin && old.at(-1 - end) === now.at(-1 - end)) {
    end++;
  }
  const [a, b] = [old.slice(begin, old.length - end), now.slice(begin, now.length - end)];
  const same = Math.max(a.length, b.length) > LONGEST ? sameInAnyOrder(a, b) : sameInOrder(a, b);
  return { added: b.length - same, removed: a.length - same };
}

function linesOf(text: string): readonly string[] {
  return text.replace(/\r?\n$/, '').split(/\r?\n/);
}

/** The length of the longest common subsequence. */
function sameInOrder(a: readonly string[], b: readonly string[]): number {
  let row = b.map(() => 0);
  for (const line of a) {
    const next: number[] = [];
    b.forEach((other, index) => {
      next.push(line === other ? (row[index - 1] ?? 0) + 1 : Math.max(row[index] ?? 0, next[index - 1] ?? 0));
    });
    row = next;
  }
  return row.at(-1) ?? 0;
}

function sameInAnyOrder(a: readonly string[], b: readonly string[]): number {
  const left = new Map<string, number>();
  for (const line of a) {
    left.set(line, (left.get(line) ?? 0) + 1);
  }
  return b.filter((line) => {
    const count = left.get(line) ?? 0;
    left.set(line, count - 1);
    return count > 0;
  }).length;
}
