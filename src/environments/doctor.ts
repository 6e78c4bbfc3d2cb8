import { isCancelled, messageOf, type Remedy, ServingError } from '../core/errors';
import { t } from '../core/l10n';
import { listed } from './installer';
import type { Computer } from './computer';
import { type Finding, ok, problem, warning } from './finding';
import type { PythonInfo, Pythons } from './python';
import { missingPackages, type MissingPackage } from './scriptPackages';
import { checkServerFiles } from './serverFiles';

const MB = 1000 ** 2;
const GB = 1000 ** 3;
const LITTLE_DISK = 2 * GB;
const NO_DISK = 200 * MB;
const LITTLE_MEMORY = 1 * GB;
const NO_MEMORY = 300 * MB;
/** More than file systems round to. */
const CLOCKS_APART_MS = 5000;
/** Packed files carry a time without its zone. */
const ZONES_MS = 24 * 3600 * 1000;

export interface DoctorServing {
  readonly name: string;
  /** Absolute path of its Predict script. */
  readonly script: string;
  /** The interpreter it runs on; undefined while its environment is not made. */
  readonly python: string | undefined;
  readonly port: number | 'auto';
  readonly isRunning: boolean;
}

export interface DoctorParts {
  readonly pythons: Pythons;
  readonly computer: Computer;
  /** Folder of our server's files. */
  readonly serverRoot: string;
  /** Where environments, artifacts in use and logs lie. */
  readonly storage: string;
  /** Absolute paths of the workspace folders. */
  folders(): readonly string[];
  /** The interpreter that is chosen for a folder; rejects when there is none. */
  interpreter(folder: string, signal: AbortSignal): Promise<string>;
  servings(signal: AbortSignal): Promise<readonly DoctorServing[]>;
  uv(): string | undefined;
  /** What is to be said of the Docker engine. */
  docker(signal: AbortSignal): Promise<readonly Finding[]>;
}

/** Looks at what serving on this computer needs. */
export class Doctor {
  constructor(private readonly parts: DoctorParts) {}

  /** Everything that was looked at, the good as well. Rejects with `cancelled` and nothing else. */
  async run(signal: AbortSignal): Promise<readonly Finding[]> {
    const servings = await this.parts.servings(signal).catch(() => [] as readonly DoctorServing[]);
    const checks: readonly (readonly [string, () => Promise<readonly Finding[]>])[] = [
      ['Python', () => this.python(signal)],
      [t('Packages'), () => this.packages(servings, signal)],
      ['uv', () => Promise.resolve([this.uv()])],
      [t('Server files'), async () => [await this.serverFiles()]],
      ['Docker', () => this.parts.docker(signal)],
      [t('Ports'), () => this.ports(servings)],
      [t('Memory'), () => Promise.resolve([this.memory()])],
      [t('Disk'), () => this.disk()],
      [t('Clock'), () => this.clock()],
    ];
    const findings = await Promise.all(
      checks.map(async ([name, check]) => {
        try {
          return await check();
        } catch (error) {
          return isCancelled(error) || signal.aborted ? [] : [toFinding(name, error)];
        }
      }),
    );
    if (signal.aborted) {
      throw ServingError.cancelled(t('The doctor'));
    }
    return findings.flat();
  }

  private async python(signal: AbortSignal): Promise<readonly Finding[]> {
    const folders = this.parts.folders();
    const found = new Map<string, PythonInfo>();
    const failed: Finding[] = [];
    for (const folder of folders) {
      try {
        const info = await this.parts.pythons.describe(await this.parts.interpreter(folder, signal), signal);
        found.set(info.executable, info);
      } catch (error) {
        failed.push(toFinding('Python', error));
      }
    }
    const good = [...found.values()].map(({ executable, version, isVirtual }) =>
      ok(
        'Python',
        isVirtual
          ? t('Python {0} in a virtual environment: {1}', version, executable)
          : t('Python {0} of the system: {1}', version, executable),
      ),
    );
    return folders.length === 0 ? [ok('Python', t('No folder is open, so no Python is chosen'))] : [...good, ...failed];
  }

  private async packages(servings: readonly DoctorServing[], signal: AbortSignal): Promise<readonly Finding[]> {
    const findings: Finding[] = [];
    for (const { name, script, python } of servings) {
      if (python === undefined) {
        findings.push(ok(t('Packages of {0}', name), t('Its environment is made when it starts')));
        continue;
      }
      try {
        const missing = await missingPackages(this.parts.pythons, python, script, signal);
        const names = missing.map((each) => each.package);
        findings.push(
          missing.length === 0
            ? ok(t('Packages of {0}', name), t('Everything that its script imports is installed'))
            : problem(t('Packages of {0}', name), missingText(names, python, missing[0]), {
                kind: 'installPackages',
                packages: names,
              }),
        );
      } catch (error) {
        findings.push(toFinding(t('Packages of {0}', name), error));
      }
    }
    return findings;
  }

  private uv(): Finding {
    const uv = this.parts.uv();
    return ok(
      'uv',
      uv === undefined
        ? t('uv is not installed: environments are made by pip, which takes longer')
        : t('uv is there: {0}', uv),
    );
  }

  private async serverFiles(): Promise<Finding> {
    const { damaged, compared } = await checkServerFiles(this.parts.serverRoot);
    if (damaged.length > 0) {
      return problem(t('Server files'), t('{0}: missing or changed. Install the extension again', listed(damaged)));
    }
    return ok(
      t('Server files'),
      compared === undefined ? t('The server is there') : t('{0} files are as they were built', compared),
    );
  }

  private async ports(servings: readonly DoctorServing[]): Promise<readonly Finding[]> {
    const { computer } = this.parts;
    const none = await computer.whyNotListen(0);
    if (none !== undefined) {
      return [problem(t('Ports'), t('No server can listen on 127.0.0.1: {0}', none))];
    }
    const fixed = servings.filter(({ port, isRunning }) => port !== 'auto' && !isRunning);
    const taken = await Promise.all(
      fixed.map(async ({ name, port }) => {
        const why = await computer.whyNotListen(Number(port));
        return why === undefined
          ? []
          : [problem(t('Ports'), t('{0} cannot have port {1}: {2}', name, port, why), { kind: 'choosePort' })];
      }),
    );
    return taken.flat().length > 0 ? taken.flat() : [ok(t('Ports'), t('Servers can listen on 127.0.0.1'))];
  }

  private memory(): Finding {
    const { free, total } = this.parts.computer.memory();
    const text = t('{0} of {1} memory are free', gigabytes(free), gigabytes(total));
    if (free < NO_MEMORY) {
      return problem(t('Memory'), t('{0}: models will hardly load. Close programs or stop servings', text));
    }
    return free < LITTLE_MEMORY
      ? warning(t('Memory'), t('{0}: large models will not load', text))
      : ok(t('Memory'), text);
  }

  private async disk(): Promise<readonly Finding[]> {
    const folders = [this.parts.storage, ...this.parts.folders()];
    return Promise.all(
      folders.map(async (folder) => {
        try {
          const free = await this.parts.computer.freeDisk(folder);
          const text = t('{0} are free at {1}', gigabytes(free), folder);
          if (free < NO_DISK) {
            return problem(t('Disk'), t('{0}: nothing can be packed or installed', text));
          }
          return free < LITTLE_DISK
            ? warning(t('Disk'), t('{0}: environments may not fit', text))
            : ok(t('Disk'), text);
        } catch (error) {
          return warning(t('Disk'), t('What is free at {0} could not be found out: {1}', folder, messageOf(error)));
        }
      }),
    );
  }

  private async clock(): Promise<readonly Finding[]> {
    const { computer, serverRoot, storage } = this.parts;
    const { newest } = await checkServerFiles(serverRoot);
    if (newest > computer.now() + ZONES_MS) {
      const today = new Date(computer.now()).toISOString().slice(0, 10);
      return [problem(t('Clock'), t('The clock is wrong: it says {0}, and the extension is younger than that', today))];
    }
    const apart = await computer.clockDifference(storage);
    const seconds = Math.round(Math.abs(apart) / 1000);
    return [
      Math.abs(apart) < CLOCKS_APART_MS
        ? ok(t('Clock'), t('The clock agrees with that of the disk'))
        : warning(
            t('Clock'),
            apart > 0
              ? t('The clock of the disk at {0} is {1} s ahead: times in logs and states will be off', storage, seconds)
              : t(
                  'The clock of the disk at {0} is {1} s behind: times in logs and states will be off',
                  storage,
                  seconds,
                ),
          ),
    ];
  }
}

function missingText(names: readonly string[], python: string, first: MissingPackage | undefined): string {
  const values = [listed(names), python, String(first?.line), first?.module ?? ''];
  return names.length === 1
    ? t('{0} is not installed in {1}, and line {2} of its script imports {3}', ...values)
    : t('{0} are not installed in {1}, and line {2} of its script imports {3}', ...values);
}

function toFinding(name: string, error: unknown): Finding {
  const remedy: Remedy | undefined =
    error instanceof ServingError ? error.remedies.find((each) => each.kind !== 'runDoctor') : undefined;
  return problem(name, messageOf(error), remedy);
}

function gigabytes(bytes: number): string {
  return `${(bytes / GB).toFixed(1)} GB`;
}
