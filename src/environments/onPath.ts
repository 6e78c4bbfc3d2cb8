import { accessSync, constants, lstatSync, statSync } from 'node:fs';
import path from 'node:path';

export interface PathLookup {
  readonly env: NodeJS.ProcessEnv;
  readonly platform: NodeJS.Platform;
  /** Whether a file is a program that this user may run. */
  readonly isProgram: (file: string) => boolean;
}

export const localPath: PathLookup = { env: process.env, platform: process.platform, isProgram };

/**
 * The absolute path of a program of that name in PATH, as a shell would find it; undefined when there is none.
 * Relative entries of PATH are left out: the folder that is open must not decide which program runs.
 */
export function onPath(name: string, lookup: PathLookup = localPath): string | undefined {
  return allOnPath(name, lookup)[0];
}

/** As onPath, all that there are, in the order of PATH. */
export function allOnPath(name: string, lookup: PathLookup = localPath): string[] {
  const { env, platform } = lookup;
  const windows = platform === 'win32';
  const syntax = windows ? path.win32 : path.posix;
  const folders = (variable(env, 'PATH', windows) ?? '')
    .split(windows ? ';' : ':')
    .map((folder) => (windows ? folder.replaceAll('"', '') : folder))
    .filter((folder) => syntax.isAbsolute(folder));
  const endings = windows ? endingsFor(name, variable(env, 'PATHEXT', windows)) : [''];
  const files = folders.flatMap((folder) => endings.map((ending) => syntax.join(folder, name + ending)));
  return [...new Set(files)].filter(lookup.isProgram);
}

/** `.bat` and `.cmd` are left out: they only run through a shell. */
function endingsFor(name: string, pathExt = '.COM;.EXE;.BAT;.CMD'): string[] {
  const endings = pathExt.split(';').filter((ending) => /^\.(?:com|exe)$/i.test(ending));
  return endings.some((ending) => name.toLowerCase().endsWith(ending.toLowerCase()))
    ? ['']
    : endings.map((ending) => ending.toLowerCase());
}

/** Windows does not tell `Path` from `PATH`; a copied environment does. */
function variable(env: NodeJS.ProcessEnv, name: string, anyCase: boolean): string | undefined {
  return anyCase ? Object.entries(env).find(([key]) => key.toUpperCase() === name)?.[1] : env[name];
}

function isProgram(file: string): boolean {
  try {
    if (process.platform === 'win32') {
      // The aliases of the Windows Store are links that cannot be followed.
      const status = lstatSync(file);
      return status.isFile() || status.isSymbolicLink();
    }
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
