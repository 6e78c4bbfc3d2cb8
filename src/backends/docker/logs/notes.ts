import type { Stats } from 'node:fs';
import { appendFile, open, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import type { LogLevel, LogLine } from '../../../core/backend';

/** A file that has grown above this loses its older half. */
const MOST_BYTES = 2 * 1024 * 1024;
const LONGEST_LINE = 8000;

/** A place in the notes: everything before it was there at some time. */
export interface NotesMark {
  readonly file: string;
  readonly size: number;
}

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

  /** Where the notes end now. */
  async mark(): Promise<NotesMark> {
    await this.writing;
    const info = await stat(this.file).catch(() => undefined);
    return info === undefined ? { file: '', size: 0 } : { file: fileId(info), size: info.size };
  }

  /** Takes away what came after the mark: what was given up leaves nothing behind. Never rejects. */
  async takeBack({ file, size }: NotesMark): Promise<void> {
    await this.writing;
    try {
      if (size === 0) {
        await rm(this.file, { force: true });
      } else if (fileId(await stat(this.file)) === file) {
        await truncate(this.file, size);
      }
    } catch {
      // There are none.
    }
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
  readonly mark: () => void;
}

/** Reads the notes of a serving, each once, also when older ones were taken away meanwhile. */
export class NotesReader {
  private offset = 0;
  private read: string | undefined;
  private last: string | undefined;

  constructor(private readonly file: string) {}

  /** What was read counts as unread again. */
  reset(): void {
    this.offset = 0;
    this.read = undefined;
    this.last = undefined;
  }

  /** Those that are not marked yet; none when there is no file. */
  async unread(): Promise<readonly Note[]> {
    const info = await stat(this.file).catch(() => undefined);
    if (info === undefined) {
      return [];
    }
    const isSame = fileId(info) === this.read;
    if (isSame && info.size <= this.offset) {
      // Nothing new, or something was taken back that had been read.
      this.offset = info.size;
      return [];
    }
    const from = isSame ? this.offset : 0;
    const { text, id } = await readFrom(this.file, from);
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
          this.read = id;
          this.last = line;
        };
        notes.push({ line: parsed, mark });
      }
    }
    return notes;
  }
}

async function readFrom(file: string, offset: number): Promise<{ readonly text: string; readonly id: string }> {
  const handle = await open(file, 'r').catch(() => undefined);
  if (handle === undefined) {
    return { text: '', id: '' };
  }
  try {
    const info = await handle.stat();
    const buffer = Buffer.alloc(Math.max(0, info.size - offset));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, offset);
    return { text: buffer.toString('utf8', 0, bytesRead), id: fileId(info) };
  } finally {
    await handle.close();
  }
}

/** Tells a file from another one in its place, which may have got its number. */
function fileId({ ino, birthtimeMs }: Stats): string {
  return `${String(ino)} ${String(birthtimeMs)}`;
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
