import { isCancelled, messageOf, type Remedy, ServingError } from '../../core/errors';
import { type Finding, ok, problem, warning } from '../../environments/finding';
import type { EngineCheck } from './doctor/check';
import { checkClashes } from './doctor/clashes';
import { LINUX_CONTAINERS } from './doctor/commands';
import { checkDisk } from './doctor/disk';
import { checkImages } from './doctor/images';
import { checkSources } from './doctor/sources';
import { unreachable } from './doctor/unreachable';
import { placeOf } from './engine/errors';
import { whyNoLimits } from './engine/info';
import type { Engine, EngineInfo } from './engine/port';
import { plainArchitecture } from './images/pullBase';

const NAME = 'Docker';
const GB = 1000 ** 3;
const MB = 1024 ** 2;
const LITTLE_MEMORY = 2 * GB;
/** Docker 20.10: the oldest engine whose BuildKit and volumes are used. */
const OLDEST_API = 1.41;
const DELEGATION: Remedy = { kind: 'openPage', url: 'https://rootlesscontaine.rs/getting-started/common/cgroup2/' };
const INSTALL: Remedy = { kind: 'openPage', url: 'https://docs.docker.com/engine/install/' };

/** What the doctor says of the Docker engine. Nobody needs one to serve by processes, so that there is none is no problem. */
export async function checkEngine(check: EngineCheck, signal: AbortSignal): Promise<readonly Finding[]> {
  let engine: Engine | undefined;
  let info: EngineInfo;
  try {
    engine = await check.find(signal);
    info = await engine.info(signal);
  } catch (error) {
    if (isCancelled(error)) {
      throw error;
    }
    return [await unreachable(error, engine, check, signal)];
  }
  const found = engine;
  const unfit = unfitness(info, placeOf(found.address));
  if (unfit) {
    return [unfit];
  }
  const checks: readonly (readonly [string, () => Promise<readonly Finding[]>])[] = [
    [NAME, () => Promise.resolve([toFinding(info, placeOf(found.address)), ...emulation(found, info, check)])],
    ['Docker builds', () => buildKit(found, info, signal)],
    ['Docker memory', () => Promise.resolve([...unenforced(info), ...limits(info, check)])],
    ['Docker disk', () => checkDisk(found, info, check, signal)],
    ['Docker images', () => checkImages(found, info, check)],
    ['Docker names', () => checkClashes(found, check, signal)],
    ['Docker sources', () => checkSources(found, info, check, signal)],
  ];
  const findings = await Promise.all(
    checks.map(async ([name, look]) => {
      try {
        return await look();
      } catch (error) {
        if (isCancelled(error) && signal.aborted) {
          throw error;
        }
        return [warning(name, messageOf(error), firstFix(error))];
      }
    }),
  );
  return findings.flat();
}

function firstFix(error: unknown): Remedy | undefined {
  return error instanceof ServingError ? error.remedies.find(({ kind }) => kind !== 'runDoctor') : undefined;
}

/** Why nothing can be served on it, whatever else is well. */
function unfitness({ version, apiVersion, osType }: EngineInfo, place: string): Finding | undefined {
  if (osType !== 'linux') {
    return problem(NAME, `Docker ${version} (${place}) runs ${osType} containers: switch it to Linux containers`, {
      kind: 'typeCommand',
      command: LINUX_CONTAINERS,
    });
  }
  return Number(apiVersion) < OLDEST_API
    ? problem(NAME, `Docker ${version} (${place}) is too old: 20.10 or newer is needed`, INSTALL)
    : undefined;
}

function toFinding(info: EngineInfo, place: string): Finding {
  const { product, version, architecture, cpus, memoryBytes, rootless } = info;
  const memory = `${gigabytes(memoryBytes)} of memory`;
  const text = `${product} ${version}${rootless ? ', rootless' : ''} (${place}): ${String(cpus)} ${cpus === 1 ? 'core' : 'cores'}, ${memory}, ${architecture}`;
  return memoryBytes < LITTLE_MEMORY
    ? warning(NAME, `${text}: large models will not load. Give its virtual machine more`, INSTALL)
    : ok(NAME, text);
}

/** A virtual machine of another architecture than the computer's. */
function emulation({ address }: Engine, { architecture }: EngineInfo, { computer }: EngineCheck): readonly Finding[] {
  const own = plainArchitecture(computer.architecture);
  if (address.remoteHost !== undefined || architecture === '' || own === plainArchitecture(architecture)) {
    return [];
  }
  return [
    warning(
      NAME,
      `The engine runs ${architecture} on a computer of ${own}: all of it is emulated, which is slow. Use an engine of ${own}`,
      INSTALL,
    ),
  ];
}

async function buildKit(engine: Engine, { product }: EngineInfo, signal: AbortSignal): Promise<readonly Finding[]> {
  return (await engine.hasBuildKit(signal))
    ? []
    : [
        warning(
          'Docker builds',
          `${product === 'Docker' ? 'The engine' : product} builds without BuildKit: packages from an index with a password cannot be installed. Use Docker 20.10 or newer for them`,
          INSTALL,
        ),
      ];
}

/** An engine that does not hold containers to what they may use. */
function unenforced(info: EngineInfo): readonly Finding[] {
  const unlimited = whyNoLimits(info);
  return unlimited === undefined
    ? []
    : [
        warning(
          'Docker limits',
          `No limit of ${unlimited.what} is in force, whatever servings ask for: ${unlimited.why}`,
          info.rootless ? DELEGATION : INSTALL,
        ),
      ];
}

/** Servings that ask for more than there is. */
function limits({ memoryBytes, cpus }: EngineInfo, { servings }: EngineCheck): readonly Finding[] {
  return servings().flatMap(({ about, definition: { name, resources } }) => {
    const wants = [
      ...(resources.memoryMb * MB > memoryBytes && memoryBytes > 0
        ? [`${String(resources.memoryMb)} MB of memory, and the engine has ${String(Math.floor(memoryBytes / MB))}`]
        : []),
      ...(resources.cores > cpus && cpus > 0
        ? [`${String(resources.cores)} cores, and the engine has ${String(cpus)}`]
        : []),
    ];
    const remedy = { kind: 'openDefinition', field: 'resources' } as const;
    return wants.map((what) => ({ ...problem('Docker limits', `${name} asks for ${what}`, remedy), about }));
  });
}

function gigabytes(bytes: number): string {
  return `${(bytes / GB).toFixed(1)} GB`;
}
