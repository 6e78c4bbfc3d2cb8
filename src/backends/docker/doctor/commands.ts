import type { EngineAddress } from '../engine/port';

const DESKTOP = 'Docker\\Docker';

/** A command of the Docker CLI for that engine. */
export function dockerCommand({ url, source, context }: EngineAddress, rest: string): string {
  if (source === 'setting') {
    return `docker -H ${word(url)} ${rest}`;
  }
  return context === undefined ? `docker ${rest}` : `docker --context ${word(context)} ${rest}`;
}

/** One word of a shell, whatever is in it. */
export function word(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", '')}'`;
}

/** What starts the engine that listens there; undefined where nobody knows. */
export function startCommand({ url }: EngineAddress, platform: NodeJS.Platform): string | undefined {
  if (url.startsWith('npipe:')) {
    return `& "$env:ProgramFiles\\${DESKTOP}\\Docker Desktop.exe"`;
  }
  const own: readonly (readonly [RegExp, string])[] = [
    [/\/\.colima\//, 'colima start'],
    [/\/\.orbstack\//, 'orb start'],
    [/\/\.rd\//, 'rdctl start'],
    [/\/podman\/machine\//, 'podman machine start'],
    [/^unix:\/\/\/run\/user\/\d+\/podman\//, 'systemctl --user start podman.socket'],
    [/^unix:\/\/\/run\/podman\//, 'sudo systemctl start podman.socket'],
    [/\/\.docker\/desktop\//, 'systemctl --user start docker-desktop'],
    [/^unix:\/\/\/run\/user\/\d+\/docker\.sock$/, 'systemctl --user start docker'],
    [
      /\/\.docker\/run\/docker\.sock$|^unix:\/\/(?:\/var)?\/run\/docker\.sock$/,
      platform === 'darwin' ? 'open -a Docker' : 'sudo systemctl start docker',
    ],
  ];
  return own.find(([place]) => place.test(url))?.[1];
}

/** Docker Desktop on Windows runs either kind. */
export const LINUX_CONTAINERS = `& "$env:ProgramFiles\\${DESKTOP}\\DockerCli.exe" -SwitchLinuxEngine`;
