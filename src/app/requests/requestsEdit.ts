import { applyEdits, modify, type JSONPath } from 'jsonc-parser';
import { BYTE_ORDER_MARK, formatOf } from '../../core/definitionText';
import { prettyJson } from '../../core/jsonText';

/** A text of saved requests that is changed value by value: whatever is not changed stays as it was written. */
export class RequestsEdit {
  private readonly mark: string;
  private readonly format: ReturnType<typeof formatOf>;
  private now: string;

  /** Undefined: there is none yet. */
  constructor(before: string | undefined) {
    this.mark = before?.startsWith(BYTE_ORDER_MARK) === true ? BYTE_ORDER_MARK : '';
    const text = before?.slice(this.mark.length) ?? '';
    this.now = text.trim() === '' ? '{}' : text;
    this.format = formatOf(this.now);
  }

  /** As it is now, without the mark at its beginning. */
  get text(): string {
    return this.now;
  }

  /** Undefined takes a value away. */
  set(path: JSONPath, value: unknown): void {
    this.now = applyEdits(this.now, modify(this.now, path, value, { formattingOptions: this.format }));
  }

  /** Puts JSON, as text, in place of a word that was set, laid out and indented as its line is. */
  put(word: string, json: string): void {
    const quoted = JSON.stringify(word);
    const at = this.now.indexOf(quoted);
    if (at === -1) {
      return;
    }
    const { eol } = this.format;
    const indent = /^[ \t]*/.exec(this.now.slice(this.now.lastIndexOf('\n', at) + 1, at))?.[0] ?? '';
    const laidOut = (prettyJson(json) ?? json.trim()).replaceAll('\n', `${eol}${indent}`);
    this.now = this.now.slice(0, at) + laidOut + this.now.slice(at + quoted.length);
  }

  done(): string {
    return this.mark + (this.now.endsWith('\n') ? this.now : this.now + this.format.eol);
  }
}
