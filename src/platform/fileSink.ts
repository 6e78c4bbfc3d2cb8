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
    private readonly failure: string,
  ) {}

  /** @param failure what its errors begin with */
  static async make(file: string, failure = t('Could not save the log to {0}', file)): Promise<FileSink> {
    const part = `${file}.${randomUUID().slice(0, 8)}.part`;
    try {
      return new FileSink(file, part, await open(part, 'wx'), failure);
    } catch (error) {
      throw failed(failure, error);
    }
  }

  async add(text: string | Uint8Array): Promise<void> {
    try {
      await this.handle.writeFile(text);
    } catch (error) {
      await this.drop();
      throw failed(this.failure, error);
    }
  }

  async end(): Promise<void> {
    try {
      await this.handle.close();
      await rename(this.part, this.file);
    } catch (error) {
      await this.drop();
      throw failed(this.failure, error);
    }
  }

  /** Nothing half-made stays. */
  async drop(): Promise<void> {
    await this.handle.close().catch(() => undefined);
    await rm(this.part, { force: true }).catch(() => undefined);
  }
}

function failed(failure: string, error: unknown): ServingError {
  return toServingError(error, 'disk', failure);
}
