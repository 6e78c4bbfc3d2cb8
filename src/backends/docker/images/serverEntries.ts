import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isToolsOwn } from '../../../files/toolsOwn';
import { walk } from '../../../files/walk';
import type { BuildEntry } from '../engine/port';

/** Our server as files of a build, below `server/`, and one hash of their names and content. */
export async function serverEntries(
  root: string,
  signal: AbortSignal,
): Promise<{ readonly entries: readonly BuildEntry[]; readonly hash: string }> {
  const files = (await walk(root, { signal, skip: isToolsOwn })).filter(({ name }) => !name.endsWith('.key'));
  const hash = createHash('sha256');
  const entries: BuildEntry[] = [];
  const contents = await Promise.all(files.map(({ path }) => readFile(path)));
  for (const [index, content] of contents.entries()) {
    const name = files[index]?.name ?? '';
    hash.update(`${name}\0${createHash('sha256').update(content).digest('hex')}\n`);
    entries.push({ path: `server/${name}`, content, mode: 0o644 });
  }
  return { entries, hash: hash.digest('hex') };
}
