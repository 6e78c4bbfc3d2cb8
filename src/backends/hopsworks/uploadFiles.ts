import { open, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { byteProgress } from '../../files/byteProgress';
import { ChangedWhileRead } from '../../files/copyTree';
import { findFile, sameStamp, type FoundFile } from '../../files/walk';
import type { RegistryFile, Transfer } from '../../core/registry';
import type { Datasets } from './datasets';
import { isTheir } from './failures';
import { formOf } from './form';
import { inParallel } from './parallel';
import { ERROR } from './wire';

/** A file with the folder of the project that it goes into. */
export interface Placed {
  readonly file: RegistryFile;
  readonly folder: string;
}

/** As the official clients have it. */
const AT_ONCE = 3;
const CHUNK_BYTES = 10 * 1024 * 1024;
/** Hopsworks takes no more of one file. */
const MOST_CHUNKS = 10_000;

interface Chunk {
  readonly file: FoundFile;
  readonly folder: string;
  readonly number: number;
  readonly of: number;
  readonly size: number;
}

/**
 * Uploads files in chunks, some at once; one whose way broke is sent again. The folders have to be there. Rejects with
 * ChangedWhileRead when a file is no longer as it was found.
 */
export async function uploadFiles(
  datasets: Datasets,
  placed: readonly Placed[],
  { signal, tell }: Transfer,
  chunkBytes = CHUNK_BYTES,
): Promise<void> {
  const found = await Promise.all(
    placed.map(async ({ file, folder }) => ({
      folder,
      file: await findFile(file.path, path.posix.basename(file.name)),
    })),
  );
  const count = byteProgress(
    found.reduce((sum, { file }) => sum + file.bytes, 0),
    tell,
  );
  const chunks = found.flatMap(({ file, folder }) => chunksOf(file, folder, chunkBytes));
  await inParallel(chunks, AT_ONCE, signal, (chunk, each) => send(datasets, chunk, count, each));
  for (const { file } of found) {
    if (!sameStamp(file, await findFile(file.path, file.name))) {
      throw new ChangedWhileRead(file.path);
    }
  }
}

function chunksOf(file: FoundFile, folder: string, least: number): readonly Chunk[] {
  const size = Math.max(least, Math.ceil(file.bytes / MOST_CHUNKS));
  const of = Math.ceil(file.bytes / size);
  // An empty file is one chunk of nothing.
  return Array.from({ length: Math.max(1, of) }, (_, index) => ({ file, folder, number: index + 1, of, size }));
}

async function send(
  datasets: Datasets,
  chunk: Chunk,
  count: (bytes: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const { file, folder } = chunk;
  const data = await read(chunk);
  const fields = fieldsOf(chunk, data.length);
  const form = formOf(fields, { name: file.name, data });
  let told = 0;
  const tell = (sent: number): void => {
    // What is around the data counts as nothing; a chunk that is sent again counts from the beginning.
    const next = Math.min(sent, data.length);
    count(next - told);
    told = next;
  };
  try {
    await datasets.upload(folder, file.name, form, tell, signal);
  } catch (error) {
    // The answer to it was lost, and it was sent again: it is there already.
    if (!isTheir(error, ERROR.fileExists) || !(await isThere(datasets, chunk, fields, signal))) {
      throw error;
    }
  }
  tell(data.length);
}

async function isThere(
  datasets: Datasets,
  { file, folder }: Chunk,
  fields: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<boolean> {
  const whole = await datasets.find(`${folder}/${file.name}`, signal);
  return whole?.bytes === file.bytes || (await datasets.hasChunk(folder, fields, signal));
}

async function read({ file, number, size }: Chunk): Promise<Uint8Array> {
  const from = (number - 1) * size;
  const data = Buffer.alloc(Math.min(size, file.bytes - from));
  let handle: FileHandle | undefined;
  try {
    handle = await open(file.path);
    const { bytesRead } = await handle.read(data, 0, data.length, from);
    if (bytesRead < data.length) {
      throw new ChangedWhileRead(file.path);
    }
    return data;
  } finally {
    await handle?.close();
  }
}

/** In the order of the official clients. */
function fieldsOf({ file, number, of, size }: Chunk, bytes: number): Readonly<Record<string, string>> {
  return {
    templateId: '-1',
    flowChunkSize: String(size),
    flowTotalSize: String(file.bytes),
    flowIdentifier: `${file.bytes}_${file.name}`,
    flowFilename: file.name,
    flowRelativePath: file.name,
    flowTotalChunks: String(of),
    flowCurrentChunkSize: String(bytes),
    flowChunkNumber: String(number),
  };
}
