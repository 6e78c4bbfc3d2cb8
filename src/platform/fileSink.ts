import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import type { ServingError } from '../core/errors';
import { toServingError } from '../core/errors';
import { t } from '../core/l10n';

/** A file that has its name only once all of it is there. */
export class FileSink {
  private constructor(
    private readonly file: string,
    private readonly part: string,
    private readonly handle: FileHandle,
  ) {}

  static async make(file: string): Promise<FileSink> {
    const part = `${file}.${randomUUID().slice(0, 8)}.part`;
    try {
      return new FileSink(file, part, await open(part, 'wx'));
    } catch (error) {
      throw failed(file, error);
    }
  }

  async add(text: string): Promise<void> {
    try {
      await this.handle.writeFile(text);
    } catch (error) {
      await this.drop();
      throw failed(this.file, error);
    }
  }

  async end(): Promise<void> {
    try {
      await this.handle.close();
      await rename(this.part, this.file);
    } catch (error) {
      await this.drop();
      throw failed(this.file, error);
    }
  }

  /** Nothing half-made stays. */
  async drop(): Promise<void> {
    await this.handle.close().catch(() => undefined);
    await rm(this.part, { force: true }).catch(() => undefined);
  }
}

function failed(file: string, error: unknown): ServingError {
  return toServingError(error, 'disk', t('Could not save the log to {0}', file));
}
