import { ServingError } from '../../../core/errors';
import { t } from '../../../core/l10n';

const DELIMITERS = [',', ';', '\t', '|'];
/** A longer field is a quote that was not closed, in characters. */
const LONGEST_FIELD = 1_000_000;

/** What stands between the values: the one that the first line, without what is in quotes, has most of. */
export function delimiterOf(text: string): string {
  const bare = text.replace(/"(?:[^"]|"")*"/g, '');
  const line = /^\s*([^\r\n]*)/.exec(bare)?.[1] ?? '';
  const counts = DELIMITERS.map((each) => line.split(each).length);
  return DELIMITERS[counts.indexOf(Math.max(...counts))] ?? ',';
}

/** Reads CSV (RFC 4180) piece by piece. Lines end with LF, CR LF or CR; empty ones are passed over. */
export class CsvParser {
  private field = '';
  private record: string[] = [];
  /** A quote within quotes may be the first of two. */
  private state: 'start' | 'plain' | 'quoted' | 'quote' = 'start';
  private line = 1;
  private quotedSince = 1;

  constructor(private readonly delimiter: string) {}

  /** The records that end in this piece. Rejects a quote that is not closed. */
  push(text: string): string[][] {
    const records: string[][] = [];
    for (const character of text) {
      this.take(character, records);
    }
    return records;
  }

  /** The last record, when no line end came after it. */
  end(): string[][] {
    if (this.state === 'quoted') {
      throw this.notClosed();
    }
    const records: string[][] = [];
    this.endRecord(records);
    return records;
  }

  private take(character: string, records: string[][]): void {
    if (character === '\n') {
      this.line += 1;
    }
    if (this.state === 'quoted') {
      if (character === '"') {
        this.state = 'quote';
      } else {
        this.add(character);
      }
      return;
    }
    if (this.state === 'quote' && character === '"') {
      this.add(character);
      this.state = 'quoted';
    } else if (character === '"' && this.state === 'start') {
      this.state = 'quoted';
      this.quotedSince = this.line;
    } else if (character === this.delimiter) {
      this.endField();
    } else if (character === '\n' || character === '\r') {
      this.endRecord(records);
    } else {
      this.state = 'plain';
      this.add(character);
    }
  }

  private add(character: string): void {
    this.field += character;
    if (this.field.length > LONGEST_FIELD) {
      throw this.notClosed();
    }
  }

  private endField(): void {
    this.record.push(this.field);
    this.field = '';
    this.state = 'start';
  }

  private endRecord(records: string[][]): void {
    if (this.record.length === 0 && this.field === '' && this.state === 'start') {
      return;
    }
    this.endField();
    records.push(this.record);
    this.record = [];
  }

  private notClosed(): ServingError {
    return new ServingError('invalid', t('the quote of line {0} is not closed', this.quotedSince));
  }
}
