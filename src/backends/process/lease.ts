import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Disposable } from '../../core/disposables';
import type { Logger } from '../../core/log';

/** Well below the shortest time that a server can be told to wait for a window. */
const RENEW_MS = 15_000;

/**
 * Tells the servers of a workspace folder that a window of it is open, by touching a file. A server ends itself when
 * the file has not been touched for the time that it was started with.
 */
export class Lease implements Disposable {
  private readonly timer: NodeJS.Timeout;

  constructor(
    readonly file: string,
    private readonly log: Logger,
  ) {
    this.timer = setInterval(() => void this.renew(), RENEW_MS);
    this.timer.unref();
    void this.renew();
  }

  async renew(): Promise<void> {
    try {
      const now = new Date();
      await utimes(this.file, now, now);
    } catch {
      await this.make();
    }
  }

  dispose(): void {
    clearInterval(this.timer);
  }

  private async touch(): Promise<boolean> {
    const now = new Date();
    return utimes(this.file, now, now).then(
      () => true,
      () => false,
    );
  }

  private async make(): Promise<void> {
    try {
      await mkdir(dirname(this.file), { recursive: true });
      await writeFile(this.file, '');
    } catch (error) {
      this.log.warn(`could not renew the lease ${this.file}: ${String(error)}`);
    }
  }
}
