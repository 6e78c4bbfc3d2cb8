import { join, posix } from 'node:path';
import { messageOf } from '../../core/errors';
import { t } from '../../core/l10n';
import type { Logger } from '../../core/log';
import { withLock } from '../../environments/lock';
import { readJson, writeJson } from '../local/files';
import { INFERENCE_LOG_FILES, limitsOf } from '../local/inferenceLogLaunch';
import { fileName, headIn } from '../local/inferenceLogReader';
import type { InferenceLogPaths } from '../local/paths';
import type { DockerContext } from './dockerContext';
import type { ContainerSummary, Engine, FileStamp } from './engine/port';
import { INSIDE } from './inside';
import { appendRecords, type RecordLimits } from './recordFiles';

const NEWLINE = 0x0a;
/** How far so many containers were read is known; those that are gone are the first to be forgotten. */
const KNOWN = 500;
const END_MS = 20_000;
const DELETE = `
import pathlib, sys
for path in pathlib.Path(sys.argv[1]).glob("*.ndjson*"):
    if not path.name.endswith(".lock"):
        path.unlink()
`;

export interface RecordsParts {
  readonly engine: Pick<Engine, 'readContainerFile' | 'stampContainerFile' | 'runInside'>;
  readonly records: InferenceLogPaths;
  readonly limits: RecordLimits;
}

/** Those of a serving. */
export function recordsOf({
  engine,
  records,
  settings,
}: Pick<DockerContext, 'engine' | 'records' | 'settings'>): RecordsParts {
  return { engine, records, limits: limitsOf(settings.inferenceLog) };
}

/** How far the log of one container was read: which of its files, by its first line, and the bytes of it. */
interface Place {
  readonly head: string;
  readonly offset: number;
  /** Of the file that was written then. */
  readonly stamp: string;
}

type Places = Readonly<Record<string, Place>>;
type Container = Pick<ContainerSummary, 'id'>;

/**
 * Brings what replicas have recorded since the last time into the storage of the workspace. Containers have nothing of
 * this computer, which may not be that of the engine: their files are read through the engine, also of those that have
 * ended, and go with them.
 */
export async function collectRecords(
  parts: RecordsParts,
  containers: readonly Container[],
  signal: AbortSignal,
): Promise<void> {
  if (containers.length > 0) {
    await alone(parts, signal, () => collect(parts, containers, signal));
  }
}

/** The last records of containers that are about to be removed: what they cannot be had for is said, and no more. */
export async function keepLastRecords(
  parts: RecordsParts,
  containers: readonly Container[],
  log: Logger,
): Promise<void> {
  try {
    await collectRecords(parts, containers, AbortSignal.timeout(END_MS));
  } catch (error) {
    log.warn(`the last records of ${parts.records.name} could not be kept: ${messageOf(error)}`);
  }
}

/** What was recorded until now is not brought here any more, and is taken away where a container runs. */
export async function dropRecords(
  parts: RecordsParts,
  containers: readonly ContainerSummary[],
  signal: AbortSignal,
): Promise<void> {
  await collectRecords(parts, containers, signal);
  for (const { id } of containers.filter(({ state }) => state === 'running')) {
    await parts.engine.runInside(id, { command: ['python', '-I', '-c', DELETE, INSIDE.inferenceLog] });
  }
}

function alone<T>({ records }: RecordsParts, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  return withLock(records.lock, { what: t('Reading the inference log of {0}', records.name), signal }, work);
}

async function collect(
  { engine, records, limits }: RecordsParts,
  containers: readonly Container[],
  signal: AbortSignal,
): Promise<void> {
  const file = join(records.containers, 'read.json');
  let places = toPlaces(await readJson(file));
  for (const { id } of containers) {
    signal.throwIfAborted();
    const { [id]: known, ...others } = places;
    const { lines, place } = await read(engine, id, records.name, known);
    for (const each of lines) {
      await appendRecords(records.containers, records.name, each, limits);
    }
    if (place !== undefined && place !== known) {
      places = Object.fromEntries([...Object.entries(others), [id, place] as const].slice(-KNOWN));
      await writeJson(file, places);
    }
  }
}

interface Read {
  /** Oldest first. */
  readonly lines: readonly Buffer[];
  readonly place?: Place;
}

/** From the youngest file back to the one that was read last: a rotation meanwhile shows one twice, and hides none. */
async function read(engine: RecordsParts['engine'], id: string, name: string, known: Place | undefined): Promise<Read> {
  const pathOf = (number: number): string => posix.join(INSIDE.inferenceLog, fileName(name, number));
  const stamp = stampText(await engine.stampContainerFile(id, pathOf(0)));
  if (stamp === '' || stamp === known?.stamp) {
    return { lines: [], ...(known ? { place: known } : {}) };
  }
  const found: { readonly head: string; readonly bytes: Buffer }[] = [];
  for (let number = 0; number <= INFERENCE_LOG_FILES; number++) {
    const content = await engine.readContainerFile(id, pathOf(number));
    if (content === undefined && number > 0) {
      break;
    }
    const head = content && headIn(content);
    if (content === undefined || head === undefined || found.some((each) => each.head === head)) {
      continue;
    }
    const whole = content.subarray(0, content.lastIndexOf(NEWLINE) + 1);
    found.push({ head, bytes: head === known?.head ? whole.subarray(known.offset) : whole });
    if (head === known?.head) {
      break;
    }
  }
  const [youngest] = found;
  if (youngest === undefined) {
    return { lines: [], ...(known ? { place: known } : {}) };
  }
  const before = youngest.head === known?.head ? known.offset : 0;
  return {
    lines: found.map(({ bytes }) => bytes).reverse(),
    place: { head: youngest.head, offset: before + youngest.bytes.length, stamp },
  };
}

function stampText(stamp: FileStamp | undefined): string {
  return stamp === undefined ? '' : `${String(stamp.size)} ${stamp.changed}`;
}

/** Total. */
function toPlaces(value: unknown): Places {
  const entries = Object.entries(typeof value === 'object' && value !== null ? value : {});
  return Object.fromEntries(entries.filter((entry): entry is [string, Place] => isPlace(entry[1])));
}

function isPlace(value: unknown): value is Place {
  const { head, offset, stamp } = (value ?? {}) as Partial<Place>;
  return typeof head === 'string' && typeof offset === 'number' && offset >= 0 && typeof stamp === 'string';
}
