import { open, type FileHandle } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { TextDecoder } from 'node:util';
import type { LogLine, LogOptions } from '../../core/backend';
import { ignoreMissing } from '../local/files';
import { toLogLine } from '../local/logLine';
import { listFiles, type LogFile } from './logFiles';
import { placeOfLast } from './lastLines';

const POLL_MS = 150;
const CHUNK = 256 * 1024;
/** Characters of a line that are waited for. */
const LONGEST_LINE = 8 * 1024 * 1024;
/** How often the list of files is made again because it was rotated while it was read. */
const ATTEMPTS = 20;

interface LogRun {
  readonly instance: string;
  readonly directory: string;
}

/** Tells which runs of a serving have logs, oldest first. */
export interface LogRuns {
  list(): Promise<readonly LogRun[]>;
}

/** Reads the log files of a serving's runs in order, across rotation and restarts, and goes on with what comes. */
export async function* readLogs(runs: LogRuns, options: LogOptions, signal: AbortSignal): AsyncGenerator<LogLine> {
  const position = new Position(signal);
  if (options.tail !== undefined) {
    await position.skipTo(await runs.list(), options.tail);
  }
  yield* position.advance(await runs.list());
  while (options.follow && (await hasWaited(signal))) {
    yield* position.advance(await runs.list());
  }
}

/** False when the signal came. */
async function hasWaited(signal: AbortSignal): Promise<boolean> {
  await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
  return !signal.aborted;
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

  constructor(private readonly signal: AbortSignal) {}

  /** Goes where the last lines begin, from the end: what is before them is not read. */
  async skipTo(runs: readonly LogRun[], tail: number): Promise<void> {
    let wanted = tail;
    for (const { instance, directory } of [...runs].reverse()) {
      const readings = this.readingsOf(instance);
      for (const file of [...(await listSettled(directory))].reverse()) {
        const handle = await open(file.path, 'r').catch(ignoreMissing);
        try {
          // One that was given another name meanwhile is read from its beginning: some lines more, none fewer.
          if (handle !== undefined && (await handle.stat({ bigint: true })).ino === file.inode) {
            const { offset, lines } = await placeOfLast(handle, wanted, this.signal);
            readingOf(readings, file).offset = offset;
            wanted -= lines;
          }
        } finally {
          await handle?.close();
        }
      }
    }
  }

  async *advance(runs: readonly LogRun[]): AsyncGenerator<LogLine> {
    for (const { instance, directory } of runs) {
      yield* readRun(directory, this.readingsOf(instance), this.signal);
    }
  }

  private readingsOf(instance: string): Map<bigint, Reading> {
    const readings = this.readings.get(instance) ?? new Map<bigint, Reading>();
    this.readings.set(instance, readings);
    return readings;
  }
}

/** The files once none of them is being given another name; what is missing of them is read whole. */
async function listSettled(directory: string): Promise<readonly LogFile[]> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const files = await listFiles(directory);
    if (files !== undefined) {
      return files;
    }
  }
  return [];
}

async function* readRun(
  directory: string,
  readings: Map<bigint, Reading>,
  signal: AbortSignal,
): AsyncGenerator<LogLine> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const files = await listFiles(directory);
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
        yield* readFrom(handle, readingOf(readings, file), signal);
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

async function* readFrom(handle: FileHandle, at: Reading, signal: AbortSignal): AsyncGenerator<LogLine> {
  const buffer = Buffer.allocUnsafe(CHUNK);
  while (!signal.aborted) {
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
    // Nobody writes such a line but a program that never ends one: it is given in pieces, not gathered.
    if (at.rest.length > LONGEST_LINE) {
      yield toLogLine(at.rest);
      at.rest = '';
    }
  }
}
