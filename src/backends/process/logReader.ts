import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LogLine, LogOptions } from '../../core/backend';
import { isNodeError } from '../../core/errors';
import { toLogLine } from './logLine';

const POLL_MS = 150;
const CHUNK = 256 * 1024;

/** Tells which runs of a serving have logs, oldest first. */
export interface LogRuns {
  list(): Promise<readonly { readonly instance: string; readonly directory: string }[]>;
}

/** Reads the log files of a serving's runs in order, across rotation and restarts, and goes on with what comes. */
export async function* readLogs(runs: LogRuns, options: LogOptions, signal: AbortSignal): AsyncGenerator<LogLine> {
  const position = new Position();
  const past: LogLine[] = [];
  const from = options.tail;
  for await (const line of position.advance(await runs.list())) {
    past.push(line);
    if (from !== undefined && past.length > from * 2 + 1000) {
      past.splice(0, past.length - from);
    }
  }
  yield* from === undefined ? past : past.slice(past.length - Math.min(from, past.length));
  while (options.follow && !signal.aborted) {
    await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
    if (!signal.aborted) {
      yield* position.advance(await runs.list());
    }
  }
}

/** How far each log file has been read; a rotated file is known by its inode, whatever it is called by then. */
class Position {
  private readonly read = new Map<string, { offset: number; rest: string }>();

  async *advance(runs: readonly { readonly instance: string; readonly directory: string }[]): AsyncGenerator<LogLine> {
    for (const run of runs) {
      for (const file of await filesOf(run.directory)) {
        yield* this.rest(`${run.instance}:${String(file.inode)}`, file);
      }
    }
  }

  private async *rest(key: string, file: { path: string; bytes: number }): AsyncGenerator<LogLine> {
    const at = this.read.get(key) ?? { offset: 0, rest: '' };
    this.read.set(key, at);
    if (file.bytes < at.offset) {
      // A removed file's inode was given to another one.
      at.offset = 0;
      at.rest = '';
    }
    if (file.bytes === at.offset) {
      return;
    }
    const handle = await open(file.path, 'r').catch(ignoreMissing);
    if (handle === undefined) {
      return;
    }
    try {
      const decoder = new TextDecoder();
      const buffer = Buffer.alloc(Math.min(CHUNK, file.bytes - at.offset));
      for (;;) {
        const { bytesRead } = await handle.read(buffer, 0, buffer.length, at.offset);
        if (bytesRead === 0) {
          break;
        }
        // Only whole lines are taken, so a character is never cut in two.
        const end = buffer.subarray(0, bytesRead).lastIndexOf(10) + 1;
        const taken = end > 0 ? end : bytesRead === buffer.length ? bytesRead : 0;
        if (taken === 0) {
          break;
        }
        at.offset += taken;
        const lines = (at.rest + decoder.decode(buffer.subarray(0, taken))).split('\n');
        at.rest = lines.pop() ?? '';
        for (const line of lines) {
          if (line !== '') {
            yield toLogLine(line);
          }
        }
      }
    } finally {
      await handle.close();
    }
  }
}

/** The log files of one run, oldest first: server.log.4 … server.log.1, server.log. */
async function filesOf(directory: string): Promise<readonly { path: string; bytes: number; inode: bigint }[]> {
  const names = (await readdir(directory).catch(ignoreMissing)) ?? [];
  const logs = names
    .map((name) => /^server\.log(?:\.(\d+))?$/.exec(name))
    .filter((match) => match !== null)
    .sort((a, b) => Number(b[1] ?? 0) - Number(a[1] ?? 0));
  const files = await Promise.all(
    logs.map(async (match) => {
      const path = join(directory, match[0]);
      const found = await stat(path, { bigint: true }).catch(ignoreMissing);
      return found && { path, bytes: Number(found.size), inode: found.ino };
    }),
  );
  return files.filter((file) => file !== undefined);
}

function ignoreMissing(error: unknown): undefined {
  if (isNodeError(error) && error.code === 'ENOENT') {
    return undefined;
  }
  throw error;
}
