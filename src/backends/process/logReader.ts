import { open, readdir, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TextDecoder } from 'node:util';
import type { LogLine, LogOptions } from '../../core/backend';
import { isNodeError } from '../../core/errors';
import { toLogLine } from '../local/logLine';

const POLL_MS = 150;
const CHUNK = 256 * 1024;
/** How often the list of files is made again because it was rotated while it was read. */
const ATTEMPTS = 20;

/** Tells which runs of a serving have logs, oldest first. */
export interface LogRuns {
  list(): Promise<readonly { readonly instance: string; readonly directory: string }[]>;
}

/** Reads the log files of a serving's runs in order, across rotation and restarts, and goes on with what comes. */
export async function* readLogs(runs: LogRuns, options: LogOptions, signal: AbortSignal): AsyncGenerator<LogLine> {
  const position = new Position();
  const { tail } = options;
  if (tail === undefined) {
    yield* position.advance(await runs.list());
  } else {
    const past: LogLine[] = [];
    for await (const line of position.advance(await runs.list())) {
      past.push(line);
      if (past.length > tail * 2 + 1000) {
        past.splice(0, past.length - tail);
      }
    }
    yield* past.slice(past.length - Math.min(tail, past.length));
  }
  while (options.follow && (await hasWaited(signal))) {
    yield* position.advance(await runs.list());
  }
}

/** False when the signal came. */
async function hasWaited(signal: AbortSignal): Promise<boolean> {
  await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
  return !signal.aborted;
}

interface LogFile {
  readonly path: string;
  readonly inode: bigint;
  /** 0: the one that is written; the higher, the older. */
  readonly age: number;
}

interface Reading {
  offset: number;
  age: number;
  /** It was not in the last list. */
  isMissing: boolean;
  rest: string;
  readonly decoder: TextDecoder;
}

/** How far each log file has been read; a rotated file is known by its inode, whatever it is called by then. */
class Position {
  private readonly readings = new Map<string, Map<bigint, Reading>>();

  async *advance(runs: readonly { readonly instance: string; readonly directory: string }[]): AsyncGenerator<LogLine> {
    for (const { instance, directory } of runs) {
      const readings = this.readings.get(instance) ?? new Map<bigint, Reading>();
      this.readings.set(instance, readings);
      yield* readRun(directory, readings);
    }
  }
}

async function* readRun(directory: string, readings: Map<bigint, Reading>): AsyncGenerator<LogLine> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const files = await filesOf(directory);
    if (files === undefined) {
      continue;
    }
    forgetDeleted(readings, files);
    let isRotated = false;
    for (const file of files) {
      const handle = await open(file.path, 'r').catch(ignoreMissing);
      try {
        // Between listing and opening, another file may have got this name: then the list is made again.
        isRotated = handle === undefined || (await handle.stat({ bigint: true })).ino !== file.inode;
        if (handle === undefined || isRotated) {
          break;
        }
        yield* readFrom(handle, readingOf(readings, file));
      } finally {
        await handle?.close();
      }
    }
    if (!isRotated) {
      return;
    }
  }
}

/** A file only grows older: one of the same inode that is younger is another one that was given it. */
function readingOf(readings: Map<bigint, Reading>, { inode, age }: LogFile): Reading {
  const known = readings.get(inode);
  if (known !== undefined && age >= known.age) {
    known.age = age;
    return known;
  }
  const reading = { offset: 0, age, isMissing: false, rest: '', decoder: new TextDecoder() };
  readings.set(inode, reading);
  return reading;
}

function forgetDeleted(readings: Map<bigint, Reading>, files: readonly LogFile[]): void {
  const there = new Set(files.map(({ inode }) => inode));
  for (const [inode, reading] of readings) {
    // A list that is made while a file gets another name may lack it.
    if (reading.isMissing && !there.has(inode)) {
      readings.delete(inode);
    }
    reading.isMissing = !there.has(inode);
  }
}

async function* readFrom(handle: FileHandle, at: Reading): AsyncGenerator<LogLine> {
  const buffer = Buffer.allocUnsafe(CHUNK);
  for (;;) {
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, at.offset);
    if (bytesRead === 0) {
      return;
    }
    at.offset += bytesRead;
    // The decoder keeps a character that was cut, `rest` a line that was.
    const lines = (at.rest + at.decoder.decode(buffer.subarray(0, bytesRead), { stream: true })).split('\n');
    at.rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line !== '') {
        yield toLogLine(line);
      }
    }
  }
}

/**
 * The log files of one run, oldest first: server.log.4 … server.log.1, server.log. Undefined when they were rotated
 * meanwhile: one is gone from its name, or is found under two.
 */
async function filesOf(directory: string): Promise<readonly LogFile[] | undefined> {
  const names = (await readdir(directory).catch(ignoreMissing)) ?? [];
  const logs = names.map((name) => /^server\.log(?:\.(\d+))?$/.exec(name)).filter((match) => match !== null);
  const found = await Promise.all(
    logs.map(async ([name, age]) => {
      const path = join(directory, name);
      const info = await stat(path, { bigint: true }).catch(ignoreMissing);
      return info && { path, inode: info.ino, age: Number(age ?? 0) };
    }),
  );
  const files = found.filter((file) => file !== undefined);
  const isWhole = files.length === logs.length && new Set(files.map(({ inode }) => inode)).size === files.length;
  return isWhole ? files.sort((a, b) => b.age - a.age) : undefined;
}

function ignoreMissing(error: unknown): undefined {
  if (isNodeError(error) && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) {
    return undefined;
  }
  throw error;
}
