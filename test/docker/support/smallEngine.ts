import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm, statfs } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const PROGRAM = resolve(import.meta.dirname, '../../setup/docker/small-supervisor.mjs');
const MB = 1_000_000;

interface News {
  readonly ready?: { readonly host: string; readonly data: string };
  readonly failed?: string;
}

/** An engine whose disk is small. */
export class SmallEngine {
  private constructor(
    readonly host: string,
    private readonly data: string,
    readonly stop: () => Promise<void>,
  ) {}

  /** The reason, where none can be had; it reaches the registry (host and port) and nothing else. */
  static async start(megabytes: number, registry: string): Promise<SmallEngine | string> {
    const child = spawn(process.execPath, [PROGRAM, String(megabytes), registry], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const ended = once(child, 'exit');
    const stop = async (): Promise<void> => {
      child.stdin.end();
      await ended;
    };
    for await (const line of createInterface({ input: child.stdout })) {
      const { ready, failed } = JSON.parse(line) as News;
      if (ready) {
        return new SmallEngine(ready.host, ready.data, stop);
      }
      if (failed !== undefined) {
        await stop();
        return failed;
      }
    }
    return 'its supervisor ended without a word';
  }

  /** Megabytes that are free on its disk. */
  async free(): Promise<number> {
    const { bavail, bsize } = await statfs(this.data);
    return (bavail * bsize) / MB;
  }

  /** Fills its disk so that so many megabytes are left. */
  async fill(left: number): Promise<void> {
    await this.empty();
    const bytes = Math.floor(((await this.free()) - left) * MB);
    await promisify(execFile)('fallocate', ['-l', String(bytes), this.filler]);
  }

  async empty(): Promise<void> {
    await rm(this.filler, { force: true });
  }

  private get filler(): string {
    return join(this.data, 'filler');
  }
}
