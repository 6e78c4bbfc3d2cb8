import { isCancelled, messageOf, type Remedy, ServingError } from '../core/errors';
import { listed } from './installer';
import type { Computer } from './computer';
import { type Finding, ok, problem, warning } from './finding';
import type { PythonInfo, Pythons } from './python';
import { missingPackages } from './scriptPackages';
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
      ['Packages', () => this.packages(servings, signal)],
      ['uv', () => Promise.resolve([this.uv()])],
      ['Server files', async () => [await this.serverFiles()]],
      ['Docker', () => this.parts.docker(signal)],
      ['Ports', () => this.ports(servings)],
      ['Memory', () => Promise.resolve([this.memory()])],
      ['Disk', () => this.disk()],
      ['Clock', () => this.clock()],
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
      throw ServingError.cancelled('The doctor');
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
      ok('Python', `Python ${version} ${isVirtual ? 'in a virtual environment' : 'of the system'}: ${executable}`),
    );
    return folders.length === 0 ? [ok('Python', 'No folder is open, so no Python is chosen')] : [...good, ...failed];
  }

  private async packages(servings: readonly DoctorServing[], signal: AbortSignal): Promise<readonly Finding[]> {
    const findings: Finding[] = [];
    for (const { name, script, python } of servings) {
      if (python === undefined) {
        findings.push(ok(`Packages of ${name}`, 'Its environment is made when it starts'));
        continue;
      }
      try {
        const missing = await missingPackages(this.parts.pythons, python, script, signal);
        const names = missing.map((each) => each.package);
        findings.push(
          missing.length === 0
            ? ok(`Packages of ${name}`, 'Everything that its script imports is installed')
            : problem(
                `Packages of ${name}`,
                `${listed(names)} ${names.length === 1 ? 'is' : 'are'} not installed in ${python}, and line ${String(missing[0]?.line)} of its script imports ${missing[0]?.module ?? ''}`,
                { kind: 'installPackages', packages: names },
              ),
        );
      } catch (error) {
        findings.push(toFinding(`Packages of ${name}`, error));
      }
    }
    return findings;
  }

  private uv(): Finding {
    const uv = this.parts.uv();
    return ok(
      'uv',
      uv === undefined ? 'uv is not installed: environments are made by pip, which takes longer' : `uv is there: ${uv}`,
    );
  }

  private async serverFiles(): Promise<Finding> {
    const { damaged, compared } = await checkServerFiles(this.parts.serverRoot);
    if (damaged.length > 0) {
      return problem('Server files', `${listed(damaged)}: missing or changed. Install the extension again`);
    }
    return ok(
      'Server files',
      compared === undefined ? 'The server is there' : `${compared} files are as they were built`,
    );
  }

  private async ports(servings: readonly DoctorServing[]): Promise<readonly Finding[]> {
    const { computer } = this.parts;
    const none = await computer.whyNotListen(0);
    if (none !== undefined) {
      return [problem('Ports', `No server can listen on 127.0.0.1: ${none}`)];
    }
    const fixed = servings.filter(({ port, isRunning }) => port !== 'auto' && !isRunning);
    const taken = await Promise.all(
      fixed.map(async ({ name, port }) => {
        const why = await computer.whyNotListen(Number(port));
        return why === undefined
          ? []
          : [problem('Ports', `${name} cannot have port ${port}: ${why}`, { kind: 'choosePort' })];
      }),
    );
    return taken.flat().length > 0 ? taken.flat() : [ok('Ports', 'Servers can listen on 127.0.0.1')];
  }

  private memory(): Finding {
    const { free, total } = this.parts.computer.memory();
    const text = `${gigabytes(free)} of ${gigabytes(total)} memory are free`;
    if (free < NO_MEMORY) {
      return problem('Memory', `${text}: models will hardly load. Close programs or stop servings`);
    }
    return free < LITTLE_MEMORY ? warning('Memory', `${text}: large models will not load`) : ok('Memory', text);
  }

  private async disk(): Promise<readonly Finding[]> {
    const folders = [this.parts.storage, ...this.parts.folders()];
    return Promise.all(
      folders.map(async (folder) => {
        try {
          const free = await this.parts.computer.freeDisk(folder);
          const text = `${gigabytes(free)} are free at ${folder}`;
          if (free < NO_DISK) {
            return problem('Disk', `${text}: nothing can be packed or installed`);
          }
          return free < LITTLE_DISK ? warning('Disk', `${text}: environments may not fit`) : ok('Disk', text);
        } catch (error) {
          return warning('Disk', `What is free at ${folder} could not be found out: ${messageOf(error)}`);
        }
      }),
    );
  }

  private async clock(): Promise<readonly Finding[]> {
    const { computer, serverRoot, storage } = this.parts;
    const { newest } = await checkServerFiles(serverRoot);
    if (newest > computer.now() + ZONES_MS) {
      const today = new Date(computer.now()).toISOString().slice(0, 10);
      return [problem('Clock', `The clock is wrong: it says ${today}, and the extension is younger than that`)];
    }
    const apart = await computer.clockDifference(storage);
    return [
      Math.abs(apart) < CLOCKS_APART_MS
        ? ok('Clock', 'The clock agrees with that of the disk')
        : warning(
            'Clock',
            `The clock of the disk at ${storage} is ${Math.round(Math.abs(apart) / 1000)} s ${apart > 0 ? 'ahead' : 'behind'}: times in logs and states will be off`,
          ),
    ];
  }
}

function toFinding(name: string, error: unknown): Finding {
  const remedy: Remedy | undefined =
    error instanceof ServingError ? error.remedies.find((each) => each.kind !== 'runDoctor') : undefined;
  return problem(name, messageOf(error), remedy);
}

function gigabytes(bytes: number): string {
  return `${(bytes / GB).toFixed(1)} GB`;
}
