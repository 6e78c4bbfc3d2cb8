/** By the column's name. */
export type Row = ReadonlyMap<string, string>;

const MOST_CHARACTERS = 1_000_000;
const MOST_ROWS = 1000;

/** Comma-separated text with names in its first line, which may begin with `#`. Total, and what is too much is left out. */
export function readTable(text: string, isNeeded: (line: string) => boolean = () => true): readonly Row[] {
  const [head = '', ...lines] = text.slice(0, MOST_CHARACTERS).split('\n', MOST_ROWS + 1);
  const names = cells(head.replace(/^#\s*/, '')).map((name) => name.trim());
  return lines
    .filter((line) => line.trim() !== '' && isNeeded(line))
    .map((line) => {
      const row = new Map<string, string>();
      cells(line).forEach((value, index) => {
        const name = names[index];
        if (name) {
          row.set(name, value.trim());
        }
      });
      return row;
    });
}

/** The values of a line; one in quotes may have commas and doubled quotes. */
function cells(line: string): readonly string[] {
  return [...line.matchAll(/(?:"((?:[^"]|"")*)"|([^,]*))(?:,|$)/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '',
  );
}
