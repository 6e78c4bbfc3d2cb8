import { isCancelled, messageOf, ServingError } from '../../core/errors';
import { type Finding, ok, problem, warning } from '../../environments/finding';
import { placeOf } from './engine/errors';
import type { Engine, EngineInfo } from './engine/port';

const NAME = 'Docker';
const GB = 1000 ** 3;
const LITTLE_MEMORY = 2 * GB;
/** Docker 20.10: the oldest engine whose BuildKit and volumes are used. */
const OLDEST_API = 1.41;

/** What the doctor says of the Docker engine. Nobody needs one to serve by processes, so that there is none is no problem. */
export async function checkEngine(
  find: (signal: AbortSignal) => Promise<Engine>,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  try {
    const engine = await find(signal);
    return [toFinding(await engine.info(signal), placeOf(engine.address))];
  } catch (error) {
    if (isCancelled(error)) {
      throw error;
    }
    const remedy = error instanceof ServingError ? error.remedies.find(({ kind }) => kind !== 'runDoctor') : undefined;
    const isMissing = error instanceof ServingError && error.code === 'notFound';
    return [isMissing ? ok(NAME, messageOf(error)) : warning(NAME, messageOf(error), remedy)];
  }
}

function toFinding(info: EngineInfo, place: string): Finding {
  const { version, apiVersion, osType, architecture, cpus, memoryBytes } = info;
  if (osType !== 'linux') {
    return problem(NAME, `Docker ${version} (${place}) runs ${osType} containers: switch it to Linux containers`);
  }
  if (Number(apiVersion) < OLDEST_API) {
    return problem(NAME, `Docker ${version} (${place}) is too old: 20.10 or newer is needed`);
  }
  const memory = `${(memoryBytes / GB).toFixed(1)} GB of memory`;
  const text = `Docker ${version} (${place}): ${String(cpus)} ${cpus === 1 ? 'core' : 'cores'}, ${memory}, ${architecture}`;
  return memoryBytes < LITTLE_MEMORY ? warning(NAME, `${text}: large models will not load`) : ok(NAME, text);
}
