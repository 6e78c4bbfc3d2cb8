import { existsSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { Unavailable } from './unavailable.mjs';

/** The npm that runs us, else the one on the PATH, as a script for node (no shell needed, on Windows too). */
export function npmCli() {
  const folders = [...(process.env.PATH ?? '').split(delimiter), dirname(process.execPath)].filter(Boolean);
  const files = folders.flatMap((folder) => [join(folder, 'npm'), join(folder, 'node_modules/npm/bin/npm-cli.js')]);
  const cli = [process.env.npm_execpath, ...files]
    .filter((file) => file !== undefined && existsSync(file))
    .map((file) => realpathSync(String(file)))
    .find((file) => file.endsWith('npm-cli.js'));
  if (!cli) throw new Unavailable('npm: not found beside node nor on the PATH; install Node.js with npm');
  return cli;
}

/** npm's own folder (its node-gyp lies there). */
export const npmFolder = () => dirname(dirname(npmCli()));
