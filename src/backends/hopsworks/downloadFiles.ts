import { mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { ServingError } from '../../core/errors';
import { t } from '../../core/l10n';
import type { Transfer } from '../../core/registry';
import { byteProgress } from '../../files/byteProgress';
import { isToolsOwn } from '../../files/toolsOwn';
import type { Datasets, Entry } from './datasets';
import { inParallel } from './parallel';

const AT_ONCE = 3;
/** Servers from 4.2 on keep a version's files in this folder of it. */
export const FILES = 'Files';
/** What deployments are made of; it is no part of the model. */
const ARTIFACTS = 'Artifacts';

interface Wanted {
  /** Path in the project. */
  readonly from: string;
  /** Path below the folder here, with `/`. */
  readonly name: string;
  readonly bytes: number;
}

/** Writes a version's files into a folder; rejects with `notFound` when the version has none. */
export async function downloadFiles(
  datasets: Datasets,
  folder: string,
  into: string,
  { signal, tell }: Transfer,
): Promise<void> {
  const wanted = await filesOf(datasets, folder, signal);
  const count = byteProgress(
    wanted.reduce((sum, { bytes }) => sum + bytes, 0),
    tell,
  );
  for (const parent of new Set(wanted.map(({ name }) => path.posix.dirname(name)))) {
    await mkdir(path.join(into, parent), { recursive: true });
  }
  await inParallel(wanted, AT_ONCE, signal, async ({ from, name, bytes }, each) => {
    const file = path.join(into, name);
    await datasets.download(from, file, count, each);
    const { size } = await stat(file);
    if (size !== bytes) {
      throw new ServingError('unavailable', t('Could not download {0}: {1} of {2} bytes came', from, size, bytes));
    }
  });
}

/** What lies in `Files` comes first: of two of one name it is the model's. */
async function filesOf(datasets: Datasets, folder: string, signal: AbortSignal): Promise<readonly Wanted[]> {
  const top = await datasets.list(folder, signal);
  if (top === undefined) {
    throw new ServingError('notFound', t('Could not download {0}: its files are not there', folder));
  }
  const own = top.filter(({ name }) => name !== ARTIFACTS && name !== FILES);
  const hasFiles = top.some(({ name, isFolder }) => name === FILES && isFolder);
  const files = hasFiles ? await below(datasets, `${folder}/${FILES}`, '', undefined, signal) : [];
  const found = new Map<string, Wanted>();
  for (const each of [...files, ...(await below(datasets, folder, '', own, signal))]) {
    // Of two names that differ by case only, one would replace the other on many disks.
    const key = process.platform === 'linux' ? each.name : each.name.toLowerCase();
    if (!found.has(key)) {
      found.set(key, each);
    } else if (found.get(key)?.name !== each.name) {
      throw new ServingError(
        'invalid',
        t('Could not download {0}: {1} and {2} differ by case only', folder, each.name, found.get(key)?.name ?? ''),
      );
    }
  }
  return [...found.values()];
}

async function below(
  datasets: Datasets,
  folder: string,
  prefix: string,
  known: readonly Entry[] | undefined,
  signal: AbortSignal,
): Promise<readonly Wanted[]> {
  const found: Wanted[] = [];
  for (const { name, isFolder, bytes } of known ?? (await datasets.list(folder, signal)) ?? []) {
    if (isToolsOwn(name)) {
      continue;
    }
    if (!isPlainName(name)) {
      throw new ServingError(
        'invalid',
        t('Could not download {0}: {1} is no name of a file here', folder, JSON.stringify(name)),
      );
    }
    const from = `${folder}/${name}`;
    found.push(
      ...(isFolder
        ? await below(datasets, from, `${prefix}${name}/`, undefined, signal)
        : [{ from, name: prefix + name, bytes }]),
    );
  }
  return found;
}

/** One piece of a path, on every system: what a server says must not lead out of the folder. */
function isPlainName(name: string): boolean {
  const isOfWindows = /[<>:"|?*]|[. ]$|^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(name);
  return name !== '' && !/^\.{1,2}$|[/\\\u0000-\u001f]/.test(name) && !(process.platform === 'win32' && isOfWindows);
}
