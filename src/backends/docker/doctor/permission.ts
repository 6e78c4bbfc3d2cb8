import { readFile, stat } from 'node:fs/promises';
import type { Remedy } from '../../../core/errors';
import { t } from '../../../core/l10n';
import { word } from './commands';

export interface Person {
  readonly name: string;
  /** Numbers of the groups that this process is in. */
  readonly groups: readonly number[];
}

const POST_INSTALL: Remedy = { kind: 'openPage', url: 'https://docs.docker.com/engine/install/linux-postinstall/' };
const ROOTLESS: Remedy = { kind: 'openPage', url: 'https://docs.docker.com/engine/security/rootless/' };
const GROUP_WRITES = 0o020;

/** Why a socket may not be used, and what gives the right to. */
export async function whyNotAllowed(
  socket: string,
  { name, groups }: Person,
  platform: NodeJS.Platform = process.platform,
): Promise<{ readonly text: string; readonly remedy: Remedy }> {
  if (platform === 'win32') {
    return {
      text: t('you are not in the group docker-users: join it, then log in again'),
      remedy: { kind: 'typeCommand', command: 'net localgroup docker-users $env:USERNAME /add' },
    };
  }
  const info = await stat(socket).catch(() => undefined);
  const group = info && (await groupOf(info.gid));
  if (!info || !group || group.name === 'root' || (info.mode & GROUP_WRITES) === 0) {
    return { text: t('it is for its owner only: use an engine of your own (rootless)'), remedy: ROOTLESS };
  }
  if (groups.includes(info.gid)) {
    return { text: t('the group {0} may use it, but a folder above is closed to you', group.name), remedy: ROOTLESS };
  }
  return group.members.includes(name)
    ? { text: t('you are in its group {0} since you logged in: log in again', group.name), remedy: POST_INSTALL }
    : {
        text: t(
          'you are not in its group {0}: join it, then log in again. Whoever is in it can do on this computer what root can',
          group.name,
        ),
        remedy: { kind: 'typeCommand', command: `sudo usermod -aG ${word(group.name)} ${word(name)}` },
      };
}

async function groupOf(gid: number): Promise<{ name: string; members: readonly string[] } | undefined> {
  const text = await readFile('/etc/group', 'utf8').catch(() => '');
  const fields = text
    .split('\n')
    .map((line) => line.split(':'))
    .find((each) => each[2] === String(gid));
  return fields && { name: fields[0] ?? '', members: (fields[3] ?? '').split(',') };
}
