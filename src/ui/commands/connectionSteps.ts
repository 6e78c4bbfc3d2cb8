import { BACK, type Position, type Prompts } from '../../app/prompts';
import type { Step } from '../../app/wizard';
import { checkAddress, checkProject, toAddress, type Connection } from '../../core/connection';
import { t } from '../../core/l10n';

/** What is asked of a connection, its key apart. */
interface Asked {
  readonly address: string;
  readonly project: string;
  readonly caFile: string | undefined;
  readonly checkHostName: boolean;
}

export function toConnection(id: string, { address, project, caFile, checkHostName }: Asked): Connection {
  return {
    id,
    address: toAddress(address),
    project,
    options: { ...(caFile === undefined ? {} : { caFile }), checkHostName },
  };
}

export function placeSteps(prompts: Prompts, title: string): readonly Step<Asked>[] {
  return [
    async (asked, position) => {
      const address = await prompts.input({
        ...position,
        title,
        prompt: t('Address of the server, as in the browser'),
        placeholder: 'https://hopsworks.example.com',
        value: asked.address,
        check: checkAddress,
      });
      return address === BACK ? BACK : { ...asked, address };
    },
    async (asked, position) => {
      const project = await prompts.input({
        ...position,
        title,
        prompt: t('Name of the project'),
        value: asked.project,
        check: checkProject,
      });
      return project === BACK ? BACK : { ...asked, project };
    },
  ];
}

/** Whom to trust. */
export function trustSteps(prompts: Prompts, title: string): readonly Step<Asked>[] {
  return [
    (asked, position) => askCertificates(prompts, title, asked, position),
    async (asked, position) => {
      const chosen = await prompts.pick<boolean>({
        ...position,
        title,
        placeholder: t("Does the certificate have to be for the host's name?"),
        choices: [
          { label: t('Check the host name'), value: true, icon: 'shield' },
          {
            label: t('Do not check it'),
            value: false,
            icon: 'warning',
            detail: t(
              'For a server that is reached by another name than its certificate has; it has to be trusted all the same',
            ),
          },
        ],
        active: asked.checkHostName,
      });
      return chosen === BACK ? BACK : { ...asked, checkHostName: chosen };
    },
  ];
}

async function askCertificates(
  prompts: Prompts,
  title: string,
  asked: Asked,
  position: Position,
): Promise<Asked | typeof BACK> {
  const { caFile } = asked;
  const chosen = await prompts.pick<'system' | 'kept' | 'file'>({
    ...position,
    title,
    placeholder: t('Which certificates are trusted?'),
    choices: [
      { label: t('Those of this computer'), value: 'system', icon: 'shield' },
      ...(caFile === undefined
        ? []
        : [{ label: caFile, description: t('as it is now'), value: 'kept', icon: 'check' } as const]),
      {
        label: t('A CA file…'),
        value: 'file',
        icon: 'folder-opened',
        detail: t('A PEM file with the certificates of your own authority'),
      },
    ],
    active: caFile === undefined ? 'system' : 'kept',
  });
  if (chosen === BACK || chosen === 'kept') {
    return chosen === BACK ? BACK : asked;
  }
  const file =
    chosen === 'file'
      ? await prompts.file({
          title: t('CA File'),
          button: t('Trust'),
          folder: caFile ?? '',
          files: true,
          folders: false,
        })
      : undefined;
  return { ...asked, caFile: file };
}
