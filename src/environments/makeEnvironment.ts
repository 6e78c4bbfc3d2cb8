import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Operation } from '../core/backend';
import { isCancelled, messageOf, ServingError } from '../core/errors';
import { t } from '../core/l10n';
import type { Logger } from '../core/log';
import { installFailure } from './installFailure';
import { type Installer, listed, pipInstaller, progressOf, uvInstaller, uvProcessEnvironment } from './installer';
import { type PipSettings, withoutSecrets } from './pipSettings';
import type { PythonInfo } from './python';
import type { Run, RunResult } from './run';
import type { Snapshot } from './snapshot';

/** Make the server faster, and it does without them. */
export const SPEED_UPS: readonly string[] = ['orjson', 'httptools'];
const SPEED_UP_LIMIT_MS = 60_000;
const failed = () => t('The environment could not be made');

export interface MakeTools {
  readonly run: Run;
  readonly log: Logger;
  readonly env: NodeJS.ProcessEnv;
  readonly uv: string | undefined;
  readonly settings: PipSettings;
}

export interface MakeRequest {
  /** A folder that is not there yet. */
  readonly directory: string;
  readonly python: PythonInfo;
  readonly snapshot: Snapshot;
  /** The folder that pip and uv work in: paths in their settings are relative to it. */
  readonly folder: string;
}

/** The interpreter in a virtual environment. */
export function interpreterIn(directory: string, platform: NodeJS.Platform = process.platform): string {
  return platform === 'win32' ? path.join(directory, 'Scripts', 'python.exe') : path.join(directory, 'bin', 'python');
}

/**
 * Makes a virtual environment with what the snapshot asks for; which tool did it. Rejects with `cancelled`, `package`,
 * `python` or `disk`; what is half made then lies in the folder.
 */
export async function makeEnvironment(
  request: MakeRequest,
  tools: MakeTools,
  operation: Operation,
): Promise<'uv' | 'pip'> {
  const maker = new Maker(request, tools, operation);
  const installer = await maker.makeEmpty();
  await maker.install(installer);
  await maker.speedUp(installer);
  return installer.name;
}

class Maker {
  private readonly interpreter: string;

  constructor(
    private readonly request: MakeRequest,
    private readonly tools: MakeTools,
    private readonly operation: Operation,
  ) {
    this.interpreter = interpreterIn(request.directory);
  }

  async makeEmpty(): Promise<Installer> {
    const { python, directory } = this.request;
    this.report(t('Creating an environment with Python {0}', python.version));
    await mkdir(path.dirname(directory), { recursive: true });
    return (await this.byUv()) ?? (await this.byPython());
  }

  private async byUv(): Promise<Installer | undefined> {
    const { uv, settings, env } = this.tools;
    if (uv === undefined) {
      return undefined;
    }
    const { python, directory } = this.request;
    const environment = uvProcessEnvironment(settings, env);
    try {
      const command = [uv, 'venv', '--no-python-downloads', '--python', python.executable, directory] as const;
      const result = await this.call(command, environment);
      if (result.exitCode === 0) {
        return uvInstaller(uv, settings, env);
      }
      this.tools.log.warn(`uv could not make an environment, so Python does: ${lastLine(result)}`);
    } catch (error) {
      if (isCancelled(error)) {
        throw error;
      }
      this.tools.log.warn(`${uv} could not be used, so Python makes the environment: ${messageOf(error)}`);
    }
    await rm(directory, { recursive: true, force: true });
    return undefined;
  }

  private async byPython(): Promise<Installer> {
    const { settings, env } = this.tools;
    const { directory, python } = this.request;
    const installer = pipInstaller(settings, env);
    const call = (program: string, ...args: readonly string[]): Promise<RunResult> =>
      this.call([program, '-I', '-X', 'utf8', '-m', ...args], installer.env);
    // By two calls, as venv keeps to itself why its pip could not be installed.
    const empty = await call(python.executable, 'venv', '--without-pip', directory);
    const made = empty.exitCode === 0 ? await call(this.interpreter, 'ensurepip', '--default-pip') : empty;
    if (made.exitCode === 0) {
      return installer;
    }
    const output = made.stdout + made.stderr;
    if (!/No module named '?(?:venv|ensurepip)|ensurepip is (?:not available|disabled)/.test(output)) {
      throw this.failure(output, installer.index);
    }
    // Debian takes ensurepip apart from Python: virtualenv brings its own pip.
    await rm(directory, { recursive: true, force: true });
    const other = await call(python.executable, 'virtualenv', directory);
    if (other.exitCode === 0) {
      return installer;
    }
    const short = python.version.split('.').slice(0, 2).join('.');
    const command =
      process.platform === 'linux'
        ? t('run "sudo apt-get install python{0}-venv"', short)
        : t('repair its installation');
    throw new ServingError(
      'python',
      t(
        '{0}: Python {1} at {2} comes without venv and ensurepip: {3}, or install uv',
        failed(),
        python.version,
        python.executable,
        command,
      ),
      { cause: output, remedies: [{ kind: 'selectInterpreter' }, { kind: 'runDoctor' }] },
    );
  }

  async install(installer: Installer): Promise<void> {
    const { directory, snapshot } = this.request;
    if (snapshot.requirements.trim() === '') {
      return;
    }
    const requirements = path.join(directory, 'requirements.txt');
    const constraints = path.join(directory, 'constraints.txt');
    await writeFile(requirements, `${snapshot.requirements}\n`);
    await writeFile(constraints, `${snapshot.constraints}\n`);
    this.report(
      snapshot.packages.length === 0 ? t('Installing packages') : t('Installing {0}', listed(snapshot.packages)),
    );
    const constrained = snapshot.constraints === '' ? [] : ['-c', constraints];
    const command = installer.install(this.interpreter, ['-r', requirements, ...constrained]);
    const result = await this.call(command, installer.env);
    if (result.exitCode !== 0) {
      throw this.failure(result.stdout + result.stderr, installer.index);
    }
  }

  /** Never a reason to fail: without wheels for this Python, or without them in the index, nothing is installed. */
  async speedUp(installer: Installer): Promise<void> {
    const { directory, snapshot } = this.request;
    const file = path.join(directory, 'speed-ups.txt');
    await writeFile(file, [snapshot.sources, ...SPEED_UPS, ''].join('\n'));
    const attempt = async (what: readonly string[]): Promise<boolean> => {
      const command = installer.install(this.interpreter, [...what, '--only-binary', ':all:']);
      try {
        return (await this.call(command, installer.env, SPEED_UP_LIMIT_MS, false)).exitCode === 0;
      } catch (error) {
        if (isCancelled(error)) {
          throw error;
        }
        return false;
      }
    };
    if (!(await attempt(['-r', file]))) {
      this.tools.log.info(`${SPEED_UPS.join(' and ')} could not be installed: the server does without`);
    }
  }

  private failure(output: string, index: string): ServingError {
    const { python, snapshot } = this.request;
    return installFailure({
      what: failed(),
      output,
      index,
      python: python.version,
      whereIs: (name) => snapshot.whereIs(name),
    });
  }

  private report(message: string): void {
    this.operation.report({ stage: 'environment', message });
  }

  private call(
    [command, ...args]: readonly [string, ...string[]],
    env: NodeJS.ProcessEnv,
    timeoutMs?: number,
    tellProgress = true,
  ): Promise<RunResult> {
    this.tools.log.info(withoutSecrets(`> ${[command, ...args].join(' ')}`));
    return this.tools.run(command, args, {
      signal: this.operation.signal,
      what: failed(),
      cwd: this.request.folder,
      env,
      ...(timeoutMs !== undefined && { timeoutMs }),
      onLine: (line) => {
        this.tools.log.info(withoutSecrets(line));
        const message = tellProgress ? progressOf(line) : undefined;
        if (message !== undefined) {
          this.report(message);
        }
      },
    });
  }
}

function lastLine({ stdout, stderr }: RunResult): string {
  return withoutSecrets((stderr.trim() || stdout.trim()).split('\n').at(-1) ?? '');
}
