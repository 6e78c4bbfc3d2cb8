import { createHash } from 'node:crypto';
import { copyFile, mkdir, open, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { argument, problem } from './problem';
import type { Part } from './multipart';
import type { Place, Places } from './places';

const MOST_CHUNKS = 10_000;

interface Upload {
  readonly temporary: string;
  readonly arrived: Set<number>;
  /** Chunks that are being written. */
  open: number;
  isDone: boolean;
}

interface Chunk {
  readonly number: number;
  readonly size: number;
  readonly total: number;
  readonly bytes: number;
  readonly fileName: string;
  readonly data: Buffer;
}

/** Files that come in chunks, in any order and several at a time; a file is at its place when its last chunk is there. */
export class Uploads {
  private readonly running = new Map<string, { readonly bytes: number; readonly upload: Promise<Upload> }>();

  private count = 0;

  constructor(
    private readonly places: Places,
    /** Where the pieces are put together. */
    private readonly directory: string,
  ) {}

  /** Resolves with whether the file is whole. */
  async take(directory: string, parts: readonly Part[]): Promise<{ readonly isWhole: boolean; readonly path: string }> {
    const chunk = toChunk(parts);
    const place = await this.places.find(`${directory}/${chunk.fileName}`);
    const above = await stat(path.dirname(place.file)).catch(() => undefined);
    if (above?.isDirectory() !== true) {
      throw argument(`Path for parent folder does not exist: ${path.posix.dirname(place.path)}`);
    }
    const upload = await this.uploadOf(place, chunk);
    upload.open++;
    try {
      const handle = await open(upload.temporary, 'r+');
      try {
        await handle.write(chunk.data, 0, chunk.data.length, (chunk.number - 1) * chunk.size);
      } finally {
        await handle.close();
      }
    } catch (error) {
      throw problem(110043, String(error));
    } finally {
      upload.open--;
    }
    upload.arrived.add(chunk.number);
    const isWhole = upload.arrived.size >= chunk.total && upload.open === 0;
    if (isWhole && !upload.isDone) {
      upload.isDone = true;
      this.running.delete(place.file);
      await this.finish(upload, place, chunk);
    }
    return { isWhole, path: place.path };
  }

  /** A file or folder goes: what was begun there is begun anew. */
  forget(file: string): void {
    for (const [known, { upload }] of this.running) {
      if (known === file || known.startsWith(file + path.sep)) {
        this.running.delete(known);
        void upload.then(({ temporary }) => rm(temporary, { force: true })).catch(() => undefined);
      }
    }
  }

  /** Whether a chunk came, of a file that is not whole yet or is. */
  async has(directory: string, query: URLSearchParams): Promise<boolean> {
    const place = await this.places.find(`${directory}/${query.get('flowFilename') ?? ''}`);
    const running = this.running.get(place.file);
    if (running !== undefined) {
      return (await running.upload).arrived.has(Number(query.get('flowChunkNumber')));
    }
    const info = await stat(place.file).catch(() => undefined);
    return info?.isFile() === true && info.size === Number(query.get('flowTotalSize') ?? Number.NaN);
  }

  async dispose(): Promise<void> {
    this.running.clear();
    await rm(this.directory, { recursive: true, force: true });
  }

  /** The first chunk to come begins; those that come meanwhile wait for that. */
  private uploadOf(place: Place, chunk: Chunk): Promise<Upload> {
    const known = this.running.get(place.file);
    if (known?.bytes === chunk.bytes) {
      return known.upload;
    }
    const begun = this.begin(place, chunk);
    this.running.set(place.file, { bytes: chunk.bytes, upload: begun });
    begun.catch(() => this.running.delete(place.file));
    return begun;
  }

  private async begin(place: Place, { bytes }: Chunk): Promise<Upload> {
    if ((await stat(place.file).catch(() => undefined)) !== undefined) {
      throw problem(110012, `Destination already exists. path: ${place.path}`);
    }
    const name = createHash('sha256').update(`${place.file}\n${bytes}\n${this.count++}`).digest('hex').slice(0, 32);
    const temporary = path.join(this.directory, name);
    await mkdir(this.directory, { recursive: true });
    await writeFile(temporary, '');
    return { temporary, arrived: new Set(), open: 0, isDone: false };
  }

  private async finish({ temporary }: Upload, place: Place, chunk: Chunk): Promise<void> {
    const { size } = await stat(temporary);
    if (size !== chunk.bytes) {
      await rm(temporary, { force: true });
      throw problem(110043, `${place.path}: ${size} of ${chunk.bytes} bytes came`);
    }
    await rename(temporary, place.file).catch(async () => {
      // Another disk.
      await copyFile(temporary, place.file);
      await rm(temporary, { force: true });
    });
  }
}

function toChunk(parts: readonly Part[]): Chunk {
  const text = (name: string): string | undefined => parts.find((part) => part.name === name)?.data.toString('utf8');
  const number = (name: string): number => {
    const value = Number(text(name) ?? Number.NaN);
    if (!Number.isSafeInteger(value) || value < 0) {
      throw problem(110042, `${name} is missing or no number`);
    }
    return value;
  };
  const data = parts.find((part) => part.name === 'file')?.data;
  const fileName = text('flowFilename');
  if (data === undefined || fileName === undefined || !/^[^/\\\0]+$/.test(fileName) || /^\.+$/.test(fileName)) {
    throw problem(110042, 'file or flowFilename is missing');
  }
  const [chunkNumber, size, total, bytes] = [
    number('flowChunkNumber'),
    number('flowChunkSize'),
    Math.max(1, number('flowTotalChunks')),
    number('flowTotalSize'),
  ];
  if (chunkNumber < 1 || chunkNumber > total || total > MOST_CHUNKS || data.length > Math.max(size, bytes)) {
    throw problem(110042, `chunk ${chunkNumber} of ${total} is not possible`);
  }
  return { number: chunkNumber, size, total, bytes, fileName, data };
}
