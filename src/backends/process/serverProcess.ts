import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { ServingError, messageOf } from '../../core/errors';
import { t } from '../../core/l10n';

export interface ServerCommand {
  readonly python: string;
  /** The folder that holds `run.py`. */
  readonly serverRoot: string;
  /** Where the compiled form of our own modules is kept from start to start. */
  readonly bytecode: string;
  readonly instance: string;
  readonly launchFile: string;
  readonly directory: string;
  /** What Python says before the server has a log of its own. */
  readonly bootFile: string;
  readonly environment: NodeJS.ProcessEnv;
}

export interface SpawnedServer {
  readonly pid: number;
  hasExited(): boolean;
}

/** Starts a server that outlives this extension host: detached, in a group of its own, its output in a file. */
export async function spawnServer(command: ServerCommand): Promise<SpawnedServer> {
  const boot = await open(command.bootFile, 'a', 0o600);
  try {
    const child = spawn(command.python, serverArguments(command), {
      cwd: command.directory,
      env: command.environment,
      detached: true,
      windowsHide: true,
      stdio: ['ignore', boot.fd, boot.fd],
    });
    let exited = false;
    child.once('exit', () => {
      exited = true;
    });
    await once(child, 'spawn');
    child.on('error', () => undefined);
    child.unref();
    return { pid: child.pid ?? 0, hasExited: () => exited };
  } catch (error) {
    throw new ServingError('python', t('Could not run {0}: {1}', command.python, messageOf(error)), {
      cause: error,
      remedies: [{ kind: 'selectInterpreter' }],
    });
  } finally {
    await boot.close();
  }
}

/** UTF-8 whatever the locale, unbuffered, and no bytecode written into the extension's folder. */
export function serverArguments(command: ServerCommand): string[] {
  return [
    '-X',
    'utf8',
    '-X',
    `model_server_bytecode=${command.bytecode}`,
    '-u',
    '-B',
    `${command.serverRoot}/run.py`,
    'serve',
    '--config',
    command.launchFile,
    '--instance',
    command.instance,
  ];
}

/** What belongs to the editor and would mislead a Python program. */
const EDITORS_OWN =
  /^(VSCODE_|ELECTRON_|CHROME_|CODE_SERVER|NODE_|npm_|PYTHONHOME$|PYTHONEXECUTABLE$|__PYVENV_LAUNCHER__$)/;

/** The environment of a server: the editor's without what is its own, then the definition's, then the secrets. */
export function serverEnvironment(
  platform: NodeJS.Platform,
  base: NodeJS.ProcessEnv,
  variables: Readonly<Record<string, string>>,
  secrets: Readonly<Record<string, string>>,
): NodeJS.ProcessEnv {
  const given = { ...variables, ...secrets };
  // On Windows `Path` and `PATH` are one variable, and the first of both would win.
  const key = (name: string): string => (platform === 'win32' ? name.toUpperCase() : name);
  const set = new Set(Object.keys(given).map(key));
  const kept = Object.entries(base).filter(([name]) => !EDITORS_OWN.test(name) && !set.has(key(name)));
  return { ...Object.fromEntries(kept), ...given };
}
