import { type PathLookup, onPath, localPath } from './onPath';
import path from 'node:path';
import { t } from '../core/l10n';
import { indexText, pipEnvironment, type PipSettings, uvArguments, uvEnvironment } from './pipSettings';

/** A program that installs packages into an environment. */
export interface Installer {
  readonly name: 'uv' | 'pip';
  /** The index that it asks, in words. */
  readonly index: string;
  readonly env: NodeJS.ProcessEnv;
  /** The command line that installs `what` for an interpreter. */
  install(python: string, what: readonly string[]): readonly [string, ...string[]];
}

export function uvInstaller(uv: string, settings: PipSettings, env: NodeJS.ProcessEnv): Installer {
  return {
    name: 'uv',
    index: indexText(settings, env),
    env: uvProcessEnvironment(settings, env),
    install: (python, what) => [uv, 'pip', 'install', '--python', python, ...uvArguments(settings), ...what],
  };
}

/** What uv runs with: pip's settings, no colours, and no environment that happens to be switched on. */
export function uvProcessEnvironment(settings: PipSettings, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const others = Object.entries(env).filter(
    ([name]) => !/^(?:VIRTUAL_ENV|CONDA_PREFIX|UV_PYTHON|UV_PROJECT.*)$/.test(name),
  );
  return {
    ...Object.fromEntries(others),
    ...uvEnvironment(settings, env),
    UV_PYTHON_DOWNLOADS: 'never',
    UV_NO_PROGRESS: '1',
    NO_COLOR: '1',
  };
}

export function pipInstaller(settings: PipSettings, env: NodeJS.ProcessEnv): Installer {
  return {
    name: 'pip',
    index: indexText(settings, {}),
    env: { ...pipEnvironment(settings, env), NO_COLOR: '1' },
    install: (python, what) => [python, ...PIP, 'install', ...QUIET, ...what],
  };
}

/** Isolated: the folder that it runs in must not bring a module of pip's. */
export const PIP: readonly string[] = ['-I', '-X', 'utf8', '-u', '-m', 'pip'];
export const QUIET: readonly string[] = ['--disable-pip-version-check', '--no-input', '--progress-bar', 'off'];

/** uv from PATH, or where its own installer puts it; undefined when it is not there. */
export function findUv(home: string, lookup: PathLookup = localPath): string | undefined {
  const windows = lookup.platform === 'win32';
  const syntax = windows ? path.win32 : path.posix;
  const program = windows ? 'uv.exe' : 'uv';
  return (
    onPath('uv', lookup) ??
    [syntax.join(home, '.local', 'bin', program), syntax.join(home, '.cargo', 'bin', program)].find((file) =>
      lookup.isProgram(file),
    )
  );
}

const LISTED = 3;

/** What a line of pip's or uv's output says of the progress, in words for users. */
export function progressOf(line: string): string | undefined {
  const text = line.trim();
  const installing = /^Installing collected packages: (.+)$/.exec(text)?.[1];
  if (installing !== undefined) {
    return t('Installing {0}', listed(installing.split(/,\s*/)));
  }
  const collecting = /^Collecting ([A-Za-z0-9][\w.-]*)/.exec(text)?.[1];
  if (collecting !== undefined) {
    return t('Collecting {0}', collecting);
  }
  const [, wheel, size] =
    /^Downloading (?:\S*\/)?([A-Za-z0-9][\w.]*?(?:-[A-Za-z][\w.]*)*)-\d\S* \(([^)]+)\)/.exec(text) ?? [];
  if (wheel !== undefined) {
    return t('Downloading {0} ({1})', wheel, size ?? '');
  }
  const [, name, amount] = /^Downloading ([A-Za-z0-9][\w.-]*) \(([\d.]+\s*\w+)\)$/.exec(text) ?? [];
  if (name !== undefined) {
    return t('Downloading {0} ({1})', name, amount ?? '');
  }
  const building = /^Building (?!wheels for )(?:wheel for |editable for )?([A-Za-z0-9][\w.-]*)/.exec(text)?.[1];
  if (building !== undefined && !/status|finished/.test(text)) {
    return t('Building {0}', building);
  }
  const prepared = /^Prepared (\d+ packages?)/.exec(text)?.[1];
  return prepared === undefined ? undefined : t('Installing {0}', prepared);
}

/** "scikit-learn, joblib and 4 more". */
export function listed(names: readonly string[]): string {
  const rest = names.length - LISTED;
  return rest > 0 ? t('{0} and {1} more', names.slice(0, LISTED).join(', '), rest) : names.join(', ');
}
