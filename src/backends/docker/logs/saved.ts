import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { toServingError } from '../../../core/errors';
import { t } from '../../../core/l10n';
import type { ContainerLogLine, Engine, Labels } from '../engine/port';
import { replicaOf, runOf } from './container';

/** Of one container's output, its end. */
const MOST_BYTES = 5 * 1024 * 1024;
/** Of all containers of one run: a run that is scaled up and down for days has many. */
const MOST_RUN_BYTES = 20 * 1024 * 1024;
const RUNS_KEPT = 5;
const HEAD_BYTES = 64 * 1024;
const STREAMS: readonly ContainerLogLine['stream'][] = ['stdout', 'stderr'];

/** The output of a container that is gone, or will be in a moment. */
export interface SavedLog {
  readonly id: string;
  readonly labels: Labels;
  readonly file: string;
}

/**
 * Keeps the end of a container's output in the folder of its run, before the container is removed. Nothing happens when
 * the container is gone. The first line of the file is its header, each further one a line of the output.
 */
export async function saveLog(
  engine: Pick<Engine, 'containerLogs'>,
  container: { readonly id: string; readonly labels: Labels },
  runs: string,
  signal: AbortSignal,
): Promise<void> {
  const { id, labels } = container;
  try {
    const lines = await endOf(engine.containerLogs(id, { follow: false }, signal));
    const folder = join(runs, folderOf(labels));
    const file = join(folder, `${String(replicaOf(labels).replica ?? 0)}-${id.slice(0, 12)}.log`);
    await mkdir(folder, { recursive: true });
    const temporary = `${file}.${process.pid}.tmp`;
    try {
      await writeFile(temporary, [JSON.stringify({ id, labels }), ...lines, ''].join('\n'), { mode: 0o600 });
      await rename(temporary, file);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
    await makeRoom(folder, file);
  } catch (error) {
    const failure = toServingError(error, 'internal', t('Could not keep the log of a replica'));
    if (failure.code !== 'notFound') {
      throw failure;
    }
  }
}

/** What was saved of a serving; a file that is no saved log is left out. */
export async function savedLogs(runs: string): Promise<readonly SavedLog[]> {
  const found: SavedLog[] = [];
  for (const run of await namesIn(runs)) {
    for (const name of await namesIn(join(runs, run))) {
      const file = join(runs, run, name);
      const header = /^\d+-[0-9a-z]+\.log$/.test(name) ? await headerOf(file) : undefined;
      if (header !== undefined) {
        found.push({ ...header, file });
      }
    }
  }
  return found;
}

/** The lines of one, oldest first; none when it is gone. */
export async function* readSavedLog(file: string): AsyncGenerator<ContainerLogLine> {
  const handle = await open(file, 'r').catch(() => undefined);
  if (handle === undefined) {
    return;
  }
  const input = createReadStream('', { fd: handle, encoding: 'utf8' });
  try {
    let isHeader = true;
    for await (const text of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      const line = isHeader ? undefined : toOutput(text);
      isHeader = false;
      if (line !== undefined) {
        yield line;
      }
    }
  } finally {
    input.destroy();
  }
}

/** Takes away the folders of old runs, but for those that are in use. */
export async function tidySavedRuns(runs: string, inUse: readonly string[]): Promise<void> {
  const old = (await namesIn(runs)).filter((run) => !inUse.includes(run));
  const folders = await Promise.all(
    old.map(async (run) => ({ folder: join(runs, run), at: await latestIn(join(runs, run)) })),
  );
  folders.sort((a, b) => a.at - b.at);
  for (const { folder } of folders.slice(0, Math.max(0, old.length + inUse.length - RUNS_KEPT))) {
    await rm(folder, { recursive: true, force: true });
  }
}

async function endOf(output: AsyncIterable<ContainerLogLine>): Promise<readonly string[]> {
  let lines: string[] = [];
  let first = 0;
  let bytes = 0;
  for await (const { stream, time, text } of output) {
    const line = JSON.stringify([stream, time, text]);
    lines.push(line);
    bytes += Buffer.byteLength(line) + 1;
    while (bytes > MOST_BYTES && first < lines.length - 1) {
      bytes -= Buffer.byteLength(lines[first] ?? '') + 1;
      first++;
    }
    if (first > 10_000) {
      lines = lines.slice(first);
      first = 0;
    }
  }
  return lines.slice(first);
}

async function makeRoom(folder: string, newest: string): Promise<void> {
  const names = await namesIn(folder);
  const files = await Promise.all(
    names.map(async (name) => {
      const file = join(folder, name);
      const info = await stat(file).catch(() => undefined);
      return { file, bytes: info?.size ?? 0, at: info?.mtimeMs ?? 0 };
    }),
  );
  let bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  for (const each of files.sort((a, b) => a.at - b.at)) {
    if (bytes > MOST_RUN_BYTES && each.file !== newest && each.file.endsWith('.log')) {
      await rm(each.file, { force: true });
      bytes -= each.bytes;
    }
  }
}

async function headerOf(file: string): Promise<{ readonly id: string; readonly labels: Labels } | undefined> {
  const handle = await open(file, 'r').catch(() => undefined);
  try {
    const buffer = Buffer.alloc(HEAD_BYTES);
    const { bytesRead = 0 } = (await handle?.read(buffer, 0, HEAD_BYTES, 0)) ?? {};
    const [text = ''] = buffer.toString('utf8', 0, bytesRead).split('\n', 1);
    const { id, labels } = JSON.parse(text) as { readonly id?: unknown; readonly labels?: unknown };
    return typeof id === 'string' && typeof labels === 'object' && labels !== null
      ? { id, labels: labels as Labels }
      : undefined;
  } catch {
    return undefined;
  } finally {
    await handle?.close();
  }
}

function toOutput(text: string): ContainerLogLine | undefined {
  try {
    const [stream, time, line] = JSON.parse(text) as readonly unknown[];
    const known = STREAMS.find((each) => each === stream);
    return known !== undefined && typeof time === 'string' && typeof line === 'string'
      ? { stream: known, time, text: line }
      : undefined;
  } catch {
    return undefined;
  }
}

/** The label may be anybody's. */
function folderOf(labels: Labels): string {
  const run = runOf(labels) ?? '';
  return /^[a-zA-Z0-9-]{1,64}$/.test(run) ? run : 'other';
}

async function latestIn(folder: string): Promise<number> {
  const times = await Promise.all(
    [folder, ...(await namesIn(folder)).map((name) => join(folder, name))].map((path) =>
      stat(path).then(
        ({ mtimeMs }) => mtimeMs,
        () => 0,
      ),
    ),
  );
  return Math.max(...times);
}

async function namesIn(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch(() => []);
}
