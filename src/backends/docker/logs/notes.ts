import { appendFile, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import type { LogLevel, LogLine } from '../../../core/backend';

/** A file that has grown above this loses its older half. */
const MOST_BYTES = 2 * 1024 * 1024;
const LONGEST_LINE = 8000;

/**
 * What windows have to tell in a serving's log that no container prints: what builds print, and why its number of
 * replicas changes. One line of a file each; several windows may write. Nothing is written once the serving is removed,
 * and a disk that is full costs lines, not the work.
 */
export class Notes {
  private waiting: string[] = [];
  private writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly file: string,
    private readonly mostBytes = MOST_BYTES,
  ) {}

  add(logger: 'build' | 'start' | 'scaling', message: string, level: LogLevel = 'INFO'): void {
    this.waiting.push(JSON.stringify({ time: Date.now(), level, logger, message: message.slice(0, LONGEST_LINE) }));
    this.writing = this.writing.then(() => this.write()).catch(() => undefined);
  }

  /** Resolves when everything is written. */
  async written(): Promise<void> {
    await this.writing;
  }

  private async write(): Promise<void> {
    const lines = this.waiting;
    this.waiting = [];
    if (lines.length > 0) {
      await appendFile(this.file, lines.map((line) => `${line}\n`).join(''), { mode: 0o600 });
      await this.makeRoom();
    }
  }

  private async makeRoom(): Promise<void> {
    if ((await stat(this.file)).size <= this.mostBytes) {
      return;
    }
    const text = await readFile(this.file, 'utf8');
    const kept = text.slice(text.indexOf('\n', text.length / 2) + 1);
    const temporary = `${this.file}.${String(process.pid)}.tmp`;
    try {
      await writeFile(temporary, kept, { mode: 0o600 });
      await rename(temporary, this.file);
    } finally {
      await rm(temporary, { force: true });
    }
  }
}

export interface Note {
  readonly line: LogLine;
  /** From now on it counts as read; called in the order of the notes. */
  mark(): void;
}

/** Reads the notes of a serving, each once, also when older ones were taken away meanwhile. */
export class NotesReader {
  private offset = 0;
  private inode: number | undefined;
  private last: string | undefined;

  constructor(private readonly file: string) {}

  /** What was read counts as unread again. */
  reset(): void {
    this.offset = 0;
    this.inode = undefined;
    this.last = undefined;
  }

  /** Those that are not marked yet; none when there is no file. */
  async unread(): Promise<readonly Note[]> {
    const info = await stat(this.file).catch(() => undefined);
    if (info === undefined || (info.ino === this.inode && info.size === this.offset)) {
      return [];
    }
    const isSame = info.ino === this.inode && info.size > this.offset;
    const from = isSame ? this.offset : 0;
    const { text, inode } = await readFrom(this.file, from);
    const notes: Note[] = [];
    let end = from;
    for (const line of text.split('\n').slice(0, -1)) {
      end += Buffer.byteLength(line) + 1;
      if (!isSame && line === this.last) {
        // What is before it was read, in the file that was there before.
        notes.length = 0;
        continue;
      }
      const parsed = toLogLine(line);
      const to = end;
      if (parsed !== undefined) {
        const mark = (): void => {
          this.offset = to;
          this.inode = inode;
          this.last = line;
        };
        notes.push({ line: parsed, mark });
      }
    }
    return notes;
  }
}

async function readFrom(file: string, offset: number): Promise<{ readonly text: string; readonly inode: number }> {
  const handle = await open(file, 'r').catch(() => undefined);
  if (handle === undefined) {
    return { text: '', inode: 0 };
  }
  try {
    const { size, ino } = await handle.stat();
    const buffer = Buffer.alloc(Math.max(0, size - offset));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, offset);
    return { text: buffer.toString('utf8', 0, bytesRead), inode: ino };
  } finally {
    await handle.close();
  }
}

function toLogLine(text: string): LogLine | undefined {
  try {
    const { time, level, logger, message } = JSON.parse(text) as Readonly<Record<string, unknown>>;
    const isWhole =
      typeof time === 'number' && isLevel(level) && typeof logger === 'string' && typeof message === 'string';
    return isWhole ? { time, level, logger, message, fields: {} } : undefined;
  } catch {
    return undefined;
  }
}

function isLevel(value: unknown): value is LogLevel {
  return value === 'DEBUG' || value === 'INFO' || value === 'WARN' || value === 'ERROR';
}
