import { createWriteStream } from 'node:fs';
import { readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';
import { isToolsOwn } from '../files/toolsOwn';

/** Packs a folder under its own name, or a file: never a link. The archive is there once it is whole. */
export async function zip(from: string, archive: string): Promise<void> {
  const temporary = `${archive}.${process.pid}.tmp`;
  const packed = new ZipFile();
  // What goes wrong with a file ends the archive.
  packed.on('error', (error) => packed.outputStream.emit('error', error));
  try {
    for (const name of await filesOf(from)) {
      packed.addFile(path.join(path.dirname(from), name), name.split(path.sep).join('/'));
    }
    packed.end();
    await pipeline(packed.outputStream, createWriteStream(temporary));
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await rename(temporary, archive);
}

/** Paths below the folder that `from` lies in. */
async function filesOf(from: string): Promise<readonly string[]> {
  const above = path.dirname(from);
  const found = await readdir(from, { recursive: true, withFileTypes: true }).catch(() => undefined);
  if (found === undefined) {
    return [path.basename(from)];
  }
  const files = found.filter((entry) => entry.isFile() && !entry.name.startsWith('.') && !isToolsOwn(entry.name));
  return files.map((entry) => path.relative(above, path.join(entry.parentPath, entry.name))).sort();
}
