import type { Operation } from '../core/backend';
import { ServingError } from '../core/errors';
import { t } from '../core/l10n';
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
  const what = t('{0} could not be installed', listed(packages));
  const wrong = packages.find((each) => !REQUIREMENT.test(each));
  if (wrong !== undefined || packages.length === 0) {
    throw new ServingError(
      'invalid',
      t('Nothing was installed: {0} is not the name of a package', wrong ?? t('no package')),
    );
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
      ? t('Python {0} at {1} is managed by the system', python.version, python.executable)
      : t('{0} may not be written', site.site);
    throw new ServingError(
      'python',
      t("{0}: {1}. Use a virtual environment, or name a requirements file in the serving's definition", what, reason),
      { remedies: [{ kind: 'openDefinition', field: 'environment.requirements' }, { kind: 'selectInterpreter' }] },
    );
  }
  operation.report({ stage: 'environment', message: t('Installing {0}', listed(packages)) });
  const settings = await readPipSettings({
    env: tools.env,
    platform: process.platform,
    home: tools.home,
    prefix: python.prefix,
  });
  const uv = site.pip || tools.uv === undefined ? undefined : uvInstaller(tools.uv, settings, tools.env);
  if (!site.pip && !uv) {
    throw new ServingError('python', t('{0}: Python {1} at {2} has no pip', what, python.version, python.executable), {
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
    throw new ServingError(
      'python',
      t('{0}: Python at {1} does not say where its packages are', what, python.executable),
      {
        cause: error,
        remedies: [{ kind: 'selectInterpreter' }],
      },
    );
  }
}
