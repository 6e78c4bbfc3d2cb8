/** Rows of a file, or some of them. */
export interface Table {
  /** What they are from: `iris.csv`. */
  readonly name: string;
  readonly columns: readonly string[];
  /** The values of each row as JSON text, so that numbers stay as they were written. */
  readonly rows: readonly (readonly string[])[];
  /** How many there are in all; undefined where that was not counted. */
  readonly total?: number;
  /** There are more than these. */
  readonly hasMore: boolean;
  /** The file names no columns: they have numbers for names. */
  readonly isUnnamed: boolean;
}

/** What pandas and R write for a value that is not there. */
const NOTHING = /^(?:|NA|N\/A|#N\/A|NaN|nan|null|NULL|None|<NA>)$/;
const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
/** `+5`, `.5`, `5.`, `007`. */
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** A value of a text file as JSON: numbers as numbers, empty ones as null. `comma`: stands in numbers for the point. */
export function textToJson(value: string, comma = false): string {
  const text = value.trim();
  if (NOTHING.test(text)) {
    return 'null';
  }
  const number = comma && /^[+-]?\d*,\d+$/.test(text) ? text.replace(',', '.') : text;
  if (JSON_NUMBER.test(number)) {
    return number;
  }
  if (NUMBER.test(number)) {
    return JSON.stringify(Number(number));
  }
  const word = text.toLowerCase();
  return word === 'true' || word === 'false' ? word : JSON.stringify(value);
}

/** A value of a typed file as JSON; what JSON has no number for is null. */
export function valueToJson(value: unknown): string {
  if (typeof value === 'bigint') {
    return String(value);
  }
  if (value instanceof Uint8Array) {
    return JSON.stringify(Buffer.from(value).toString('base64'));
  }
  if (Array.isArray(value) || ArrayBuffer.isView(value)) {
    return `[${[...(value as readonly unknown[])].map(valueToJson).join(', ')}]`;
  }
  if (typeof value === 'object' && value !== null && !(value instanceof Date)) {
    return `{${Object.entries(value)
      .map(([name, each]) => `${JSON.stringify(name)}: ${valueToJson(each)}`)
      .join(', ')}}`;
  }
  const json = JSON.stringify(value) as string | undefined;
  return json ?? 'null';
}

export function isNumber(json: string): boolean {
  return json === 'null' || JSON_NUMBER.test(json);
}
