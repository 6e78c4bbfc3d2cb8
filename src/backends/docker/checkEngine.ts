import { cores } from '../../core/counts';
import { isCancelled, messageOf, type Remedy, ServingError } from '../../core/errors';
import { t } from '../../core/l10n';
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
    [t('Docker builds'), () => buildKit(found, info, signal)],
    [t('Docker memory'), () => Promise.resolve([...unenforced(info), ...limits(info, check)])],
    [t('Docker disk'), () => checkDisk(found, info, check, signal)],
    [t('Docker images'), () => checkImages(found, info, check)],
    [t('Docker names'), () => checkClashes(found, check, signal)],
    [t('Docker sources'), () => checkSources(found, info, check, signal)],
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
    return problem(
      NAME,
      t('Docker {0} ({1}) runs {2} containers: switch it to Linux containers', version, place, osType),
      {
        kind: 'typeCommand',
        command: LINUX_CONTAINERS,
      },
    );
  }
  return Number(apiVersion) < OLDEST_API
    ? problem(NAME, t('Docker {0} ({1}) is too old: 20.10 or newer is needed', version, place), INSTALL)
    : undefined;
}

function toFinding(info: EngineInfo, place: string): Finding {
  const { product, version, architecture, cpus, memoryBytes, rootless } = info;
  const memory = t('{0} of memory', gigabytes(memoryBytes));
  const name = `${product} ${version}${rootless ? ', rootless' : ''} (${place})`;
  const text = `${name}: ${cores(cpus)}, ${memory}, ${architecture}`;
  return memoryBytes < LITTLE_MEMORY
    ? warning(NAME, t('{0}: large models will not load. Give its virtual machine more', text), INSTALL)
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
      t(
        'The engine runs {0} on a computer of {1}: all of it is emulated, which is slow. Use an engine of {1}',
        architecture,
        own,
      ),
      INSTALL,
    ),
  ];
}

async function buildKit(engine: Engine, { product }: EngineInfo, signal: AbortSignal): Promise<readonly Finding[]> {
  return (await engine.hasBuildKit(signal))
    ? []
    : [
        warning(
          t('Docker builds'),
          t(
            '{0} builds without BuildKit: packages from an index with a password cannot be installed. Use Docker 20.10 or newer for them',
            product === 'Docker' ? t('The engine') : product,
          ),
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
          t('Docker limits'),
          t('No limit of {0} is in force, whatever servings ask for: {1}', unlimited.what, unlimited.why),
          info.rootless ? DELEGATION : INSTALL,
        ),
      ];
}

/** Servings that ask for more than there is. */
function limits({ memoryBytes, cpus }: EngineInfo, { servings }: EngineCheck): readonly Finding[] {
  return servings().flatMap(({ about, definition: { name, resources } }) => {
    const wants = [
      ...(resources.memoryMb * MB > memoryBytes && memoryBytes > 0
        ? [
            t(
              '{0} MB of memory, and the engine has {1}',
              String(resources.memoryMb),
              String(Math.floor(memoryBytes / MB)),
            ),
          ]
        : []),
      ...(resources.cores > cpus && cpus > 0
        ? [t('{0} cores, and the engine has {1}', String(resources.cores), String(cpus))]
        : []),
    ];
    const remedy = { kind: 'openDefinition', field: 'resources' } as const;
    return wants.map((what) => ({ ...problem(t('Docker limits'), t('{0} asks for {1}', name, what), remedy), about }));
  });
}

function gigabytes(bytes: number): string {
  return `${(bytes / GB).toFixed(1)} GB`;
}
