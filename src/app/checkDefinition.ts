import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServingDefinition } from '../core/definition';
import type { DefinitionIssue } from '../core/definitionReader';
import { locateField, parseDefinition } from '../core/definitionText';
import { t } from '../core/l10n';

/** What is wrong in a definition that its JSON schema cannot say: what it names is not there, or it contradicts itself. */
export async function checkDefinition(folder: string, text: string): Promise<readonly DefinitionIssue[]> {
  const { draft, issues } = parseDefinition(text);
  const own = issues.filter(({ structural }) => !structural);
  if (!draft) {
    return own;
  }
  const isRight = ({ field }: NamedFile): boolean => !issues.some((issue) => `${issue.field}.`.startsWith(`${field}.`));
  const missing = await Promise.all(
    namedFiles(draft)
      .filter(isRight)
      .map(async (named) => ((await exists(join(folder, named.path))) ? undefined : named)),
  );
  return [
    ...own,
    ...missing
      .filter((each) => each !== undefined)
      .map(({ field, message }) => ({ message, field, structural: false, ...locateField(text, field) })),
  ];
}

interface NamedFile {
  readonly field: string;
  /** Below the workspace folder. */
  readonly path: string;
  readonly message: string;
}

function namedFiles({ model, script, artifact, environment, transformer }: ServingDefinition): readonly NamedFile[] {
  const version = `Models/${model.name}/${model.version}`;
  return [
    {
      field: 'model',
      path: version,
      message: t('There is no {0}: export the model, or name another version', version),
    },
    {
      field: 'script',
      path: script,
      message: t('There is no {0}: create a Predict script, or name another one', script),
    },
    ...(transformer === undefined
      ? []
      : [
          {
            field: 'transformer',
            path: transformer,
            message: t('There is no {0}: create it, with class Transformer', transformer),
          },
        ]),
    ...(typeof artifact === 'number'
      ? [
          {
            field: 'artifact',
            path: `${version}/Artifacts/${artifact}`,
            message: t('There is no artifact {0} of {1} v{2}', artifact, model.name, model.version),
          },
        ]
      : []),
    ...(environment.requirements === undefined
      ? []
      : [
          {
            field: 'environment.requirements',
            path: environment.requirements,
            message: t('There is no {0}', environment.requirements),
          },
        ]),
  ];
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
