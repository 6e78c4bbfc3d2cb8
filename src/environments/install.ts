import type { Operation } from '../core/backend';
import { ServingError } from '../core/errors';
import type { Logger } from '../core/log';
import { installFailure } from './installFailure';
import { listed, PIP, progressOf, QUIET, uvInstaller } from './installer';
import { indexText, readPipSettings, withoutSecrets } from './pipSettings';
import type { PythonInfo } from './python';
import type { Run, RunResult } from './run';

const REQUIREMENT =
  /^[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?(?:\[[\w.,\s-]*\])?(?:\s*(?:~=|===?|!=|<=?|>=?)\s*[\w.*+!-]+,?)*$/;
/** What may be installed into: printed by the interpreter itself. */
const LOOK = [
  'import importlib.util, json, os, sys, sysconfig',
  'marker = os.path.join(sysconfig.get_path("stdlib"), "EXTERNALLY-MANAGED")',
  'virtual = sys.prefix != sys.base_prefix',
  'site = sysconfig.get_path("purelib")',
  'print(json.dumps({"managed": not virtual and os.path.isfile(marker), "pip": importlib.util.find_spec("pip") is not None, "writable": os.access(site, os.W_OK), "site": site}))',
].join('\n');
const LOOK_LIMIT_MS = 10_000;

export interface InstallTools {
  readonly run: Run;
  readonly log: Logger;
  readonly env: NodeJS.ProcessEnv;
  readonly home: string;
  /** uv, for interpreters without pip. */
  readonly uv: string | undefined;
  /** The folder that the installer works in. */
  readonly folder: string;
}

/**
 * Installs packages (`six`, `scikit-learn==1.5.2`) into a user's interpreter: only ever by the user's word. Refuses
 * interpreters that the system or another tool keeps (PEP 668), with code `python`; fails with `package` or `disk`.
 */
export async function installInto(
  python: PythonInfo,
  packages: readonly string[],
  tools: InstallTools,
  operation: Operation,
): Promise<void> {
  const what = `${listed(packages)} could not be installed`;
  const wrong = packages.find((each) => !REQUIREMENT.test(each));
  if (wrong !== undefined || packages.length === 0) {
    throw new ServingError('invalid', `Nothing was installed: ${wrong ?? 'no package'} is not the name of a package`);
  }
  const call = (
    [command, ...args]: readonly [string, ...string[]],
    env: NodeJS.ProcessEnv,
    timeoutMs?: number,
  ): Promise<RunResult> =>
    tools.run(command, args, {
      signal: operation.signal,
      what,
      cwd: tools.folder,
      env,
      ...(timeoutMs !== undefined && { timeoutMs }),
      onLine: (line) => {
        tools.log.info(withoutSecrets(line));
        const message = progressOf(line);
        if (message !== undefined) {
          operation.report({ stage: 'environment', message });
        }
      },
    });

  const site = readSite(await call([python.executable, '-I', '-c', LOOK], tools.env, LOOK_LIMIT_MS), what, python);
  if (site.managed || !site.writable) {
    const reason = site.managed
      ? `Python ${python.version} at ${python.executable} is managed by the system`
      : `${site.site} may not be written`;
    throw new ServingError(
      'python',
      `${what}: ${reason}. Use a virtual environment, or name a requirements file in the serving's definition`,
      { remedies: [{ kind: 'openDefinition', field: 'environment.requirements' }, { kind: 'selectInterpreter' }] },
    );
  }
  operation.report({ stage: 'environment', message: `Installing ${listed(packages)}` });
  const settings = await readPipSettings({
    env: tools.env,
    platform: process.platform,
    home: tools.home,
    prefix: python.prefix,
  });
  const uv = site.pip || tools.uv === undefined ? undefined : uvInstaller(tools.uv, settings, tools.env);
  if (!site.pip && !uv) {
    throw new ServingError('python', `${what}: Python ${python.version} at ${python.executable} has no pip`, {
      remedies: [{ kind: 'selectInterpreter' }],
    });
  }
  const command = uv
    ? uv.install(python.executable, packages)
    : ([python.executable, ...PIP, 'install', ...QUIET, '--', ...packages] as const);
  const result = await call(command, uv?.env ?? tools.env);
  if (result.exitCode !== 0) {
    throw installFailure({
      what,
      output: result.stdout + result.stderr,
      index: uv?.index ?? indexText(settings, {}),
      python: python.version,
      whereIs: () => undefined,
    });
  }
}

interface Site {
  readonly managed: boolean;
  readonly pip: boolean;
  readonly writable: boolean;
  readonly site: string;
}

function readSite(result: RunResult, what: string, python: PythonInfo): Site {
  try {
    return JSON.parse(result.stdout) as Site;
  } catch (error) {
    throw new ServingError('python', `${what}: Python at ${python.executable} does not say where its packages are`, {
      cause: error,
      remedies: [{ kind: 'selectInterpreter' }],
    });
  }
}
