import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** A value that lies in a file as JSON; written whole, one change after the other. */
export class KeptJson<T> {
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly file: string,
    /** What is in the file, whatever it is; undefined: nothing. */
    private readonly of: (json: unknown) => T,
  ) {}

  async read(): Promise<T> {
    await this.turn;
    return this.load();
  }

  /** Resolves with what is there then; when `change` throws, nothing has changed. */
  change(change: (value: T) => T): Promise<T> {
    const changed = this.turn.then(async () => {
      const value = change(await this.load());
      const temporary = `${this.file}.${process.pid}.tmp`;
      await mkdir(path.dirname(this.file), { recursive: true });
      await writeFile(temporary, `${JSON.stringify(value, undefined, 1)}\n`);
      await rename(temporary, this.file);
      return value;
    });
    this.turn = changed.catch(() => undefined);
    return changed;
  }

  private async load(): Promise<T> {
    const text = await readFile(this.file, 'utf8').catch(() => '');
    try {
      return this.of(JSON.parse(text));
    } catch {
      return this.of(undefined);
    }
  }
}
