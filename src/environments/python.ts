import { open, stat } from 'node:fs/promises';
import path from 'node:path';
import { isCancelled, type Remedy, ServingError, toServingError } from '../core/errors';
import { t } from '../core/l10n';
import type { PickleListing } from '../core/model';
import { isObject } from '../core/objects';
import { allOnPath, localPath, onPath, type PathLookup } from './onPath';
import type { Run, RunResult } from './run';

const LIMIT_MS = 10_000;
const OLDEST: readonly [number, number] = [3, 9];
const SELECT: readonly Remedy[] = [{ kind: 'selectInterpreter' }];

export interface PythonInfo {
  /** Absolute path of the interpreter itself, not of a shim that leads to it. */
  readonly executable: string;
  /** `3.11.7` */
  readonly version: string;
  readonly prefix: string;
  readonly isVirtual: boolean;
  /** `cpython`, `pypy` … */
  readonly implementation: string;
}

export interface ScriptInspection {
  readonly predictClasses: readonly {
    readonly line: number;
    readonly methods: readonly {
      readonly name: string;
      readonly line: number;
      readonly parameters: readonly string[];
    }[];
  }[];
  readonly imports: readonly { readonly module: string; readonly line: number }[];
  readonly syntaxError?: { readonly message: string; readonly line: number; readonly column: number };
}

export interface PythonTools {
  readonly run: Run;
  /** Folder of our server: `run.py` is in it. */
  readonly serverRoot: string;
  readonly lookup?: PathLookup;
}

/** Asks interpreters what they are and what they hold; each is asked once until its file changes. */
export class Pythons {
  private readonly known = new Map<string, { readonly mtimeMs: number; readonly info: PythonInfo }>();

  constructor(private readonly tools: PythonTools) {}

  /** Rejects with code `python` when it cannot serve: not there, not a Python, too old, hanging. */
  async describe(executable: string, signal: AbortSignal): Promise<PythonInfo> {
    const mtimeMs = await changedAt(executable);
    const known = this.known.get(executable);
    if (known?.mtimeMs === mtimeMs) {
      return known.info;
    }
    const info = toInfo((await this.answer(executable, ['doctor', '--imports', 'sys'], signal)).python, executable);
    checkVersion(info.version, executable);
    if (!(await isScript(executable))) {
      this.known.set(executable, { mtimeMs, info });
    }
    return info;
  }

  /**
   * Which of the modules can be imported, without importing them: the version of the package that brings each, '' when
   * it is there without one, undefined when it is missing.
   */
  async installed(
    executable: string,
    modules: readonly string[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, string | undefined>> {
    if (modules.length === 0) {
      return new Map();
    }
    const { found } = await this.answer(executable, ['doctor', '--imports', modules.join(',')], signal);
    const versions = isObject(found) ? found : {};
    return new Map(
      modules.map((module) => {
        const version = versions[module];
        return [module, typeof version === 'string' ? version : undefined];
      }),
    );
  }

  /** What can be said of a script by reading it; nothing of it runs. */
  async inspect(executable: string, script: string, signal: AbortSignal): Promise<ScriptInspection> {
    const answer = await this.answer(executable, ['inspect', '--script', script], signal);
    if (!Array.isArray(answer.predictClasses) || !Array.isArray(answer.imports)) {
      throw new ServingError(
        'internal',
        t("{0} could not be inspected: unexpected answer of the server's files", script),
      );
    }
    return answer as unknown as ScriptInspection;
  }

  /** What a model file would import; it is read as data, nothing of it is loaded. */
  async inspectPickle(executable: string, file: string, signal: AbortSignal): Promise<PickleListing> {
    const answer = await this.answer(executable, ['inspect-pickle', '--file', file], signal);
    if (!Array.isArray(answer.imports) || !Array.isArray(answer.suspicious)) {
      throw new ServingError(
        'internal',
        t("{0} could not be inspected: unexpected answer of the server's files", file),
      );
    }
    return answer as unknown as PickleListing;
  }

  /**
   * The Python that a terminal would give: python3, python, on Windows `py -3`. Those that cannot serve are passed over;
   * when none can, the reason of the first is told.
   */
  async findOnPath(signal: AbortSignal): Promise<PythonInfo> {
    let first: ServingError | undefined;
    for (const candidate of await this.candidates(signal)) {
      try {
        return await this.describe(candidate, signal);
      } catch (error) {
        const failure = toServingError(error, 'python', t('{0} could not be asked', candidate));
        if (isCancelled(failure)) {
          throw failure;
        }
        first ??= failure;
      }
    }
    throw (
      first ??
      new ServingError('python', t('No Python was found: install Python 3.9 or newer, or select an interpreter'), {
        remedies: SELECT,
      })
    );
  }

  private async candidates(signal: AbortSignal): Promise<readonly string[]> {
    const lookup = this.tools.lookup ?? localPath;
    const named = ['python3', 'python'].flatMap((name) => allOnPath(name, lookup));
    const launcher = lookup.platform === 'win32' ? onPath('py', lookup) : undefined;
    const launched = launcher === undefined ? undefined : await this.launched(launcher, signal);
    return launched === undefined ? named : [...named, launched];
  }

  private async launched(launcher: string, signal: AbortSignal): Promise<string | undefined> {
    const args = ['-3', '-I', '-c', 'import sys; print(sys.executable)'];
    const options = { signal, what: t('Python was not found by py -3'), timeoutMs: LIMIT_MS };
    const result = await this.tools.run(launcher, args, options).catch(() => undefined);
    const file = result?.exitCode === 0 ? result.stdout.trim() : '';
    return file === '' ? undefined : file;
  }

  private async answer(
    executable: string,
    args: readonly string[],
    signal: AbortSignal,
  ): Promise<Record<string, unknown>> {
    const entry = path.join(this.tools.serverRoot, 'run.py');
    const result = await this.ask(executable, ['-X', 'utf8', '-B', entry, ...args], signal);
    const answer = result.exitCode === 0 ? parseAnswer(result.stdout) : undefined;
    return answer ?? Promise.reject(await this.refusal(executable, result, signal));
  }

  private async ask(executable: string, args: readonly string[], signal: AbortSignal): Promise<RunResult> {
    const what = t('Python {0} does not answer', executable);
    try {
      return await this.tools.run(executable, args, { signal, what, timeoutMs: LIMIT_MS });
    } catch (error) {
      if (!(error instanceof ServingError) || error.code === 'cancelled') {
        throw error;
      }
      throw new ServingError('python', error.message, { cause: error, remedies: SELECT });
    }
  }

  /** Why an interpreter could not run our file. */
  private async refusal(executable: string, result: RunResult, signal: AbortSignal): Promise<ServingError> {
    const output = `${result.stdout}\n${result.stderr}`;
    if (isStoreStub(executable, result, output)) {
      return pythonError(
        t(
          '{0} is not a Python: it only opens the Microsoft Store. Install Python, or select an interpreter',
          executable,
        ),
      );
    }
    const probe = await this.ask(
      executable,
      ['-c', 'import sys; sys.stdout.write("python %d.%d.%d" % sys.version_info[:3])'],
      signal,
    );
    const version = /^python (\d+\.\d+\.\d+)$/.exec(probe.stdout.trim())?.[1];
    if (probe.exitCode !== 0 || version === undefined) {
      return pythonError(
        t('{0} is not a Python: {1}', executable, lastLine(output) ?? t('it answers with something else')),
      );
    }
    try {
      checkVersion(version, executable);
    } catch (error) {
      return error as ServingError;
    }
    const reason =
      lastLine(result.stderr) ??
      (result.exitCode === undefined ? t('exit code of a signal') : t('exit code {0}', result.exitCode));
    return new ServingError(
      'python',
      t("Python {0} at {1} could not run the server's files: {2}", version, executable, reason),
      {
        remedies: [{ kind: 'runDoctor' }, ...SELECT],
      },
    );
  }
}

function checkVersion(version: string, executable: string): void {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
    const short = `${major}.${minor}`;
    throw pythonError(
      t('Python {0} is too old: the server needs 3.9 or newer ({1} is {2})', short, executable, version),
    );
  }
}

async function changedAt(executable: string): Promise<number> {
  if (!path.isAbsolute(executable)) {
    throw pythonError(t('Python was not found: {0} is not an absolute path', executable));
  }
  try {
    const status = await stat(executable);
    if (status.isDirectory()) {
      throw pythonError(t('Python was not found: {0} is a folder', executable));
    }
    return status.mtimeMs;
  } catch (error) {
    if (error instanceof ServingError) {
      throw error;
    }
    // The Windows Store's aliases cannot be looked at, and yet be run.
    if (process.platform === 'win32' && (error as NodeJS.ErrnoException).code !== 'ENOENT') {
      return 0;
    }
    throw pythonError(t('Python was not found: there is no {0}', executable));
  }
}

/** pyenv's shims and wrappers: which Python they lead to depends on more than their file. */
async function isScript(executable: string): Promise<boolean> {
  const handle = await open(executable, 'r').catch(() => undefined);
  if (!handle) {
    return true;
  }
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer.toString('latin1') === '#!';
  } finally {
    await handle.close();
  }
}

function isStoreStub(executable: string, { exitCode }: RunResult, output: string): boolean {
  return /Microsoft Store|ms-windows-store/i.test(output) || (exitCode === 9009 && /\\WindowsApps\\/i.test(executable));
}

function parseAnswer(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function toInfo(python: unknown, asked: string): PythonInfo {
  if (!isObject(python) || typeof python.version !== 'string') {
    throw pythonError(t('{0} is not a Python: it answers without a version', asked));
  }
  const text = (value: unknown, otherwise: string): string =>
    typeof value === 'string' && value !== '' ? value : otherwise;
  return {
    executable: text(python.executable, asked),
    version: python.version,
    prefix: text(python.prefix, path.dirname(asked)),
    isVirtual: python.isVirtual === true,
    implementation: text(python.implementation, 'cpython'),
  };
}

function pythonError(message: string): ServingError {
  return new ServingError('python', message, { remedies: SELECT });
}

function lastLine(text: string): string | undefined {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .at(-1);
}
