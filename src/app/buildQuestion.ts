import { relative } from 'node:path';
import type { BuildPlan } from '../core/backend';
import { t } from '../core/l10n';
import type { Prompts } from './prompts';

const buildText = () => t('Build');
const openText = () => t('Open as File');
/** A message that is higher than the window cannot be answered. */
const MOST = 20;

export interface BuildQuestion {
  readonly serving: string;
  /** The workspace folder. */
  readonly folder: string;
  readonly plan: BuildPlan;
  /** Shows what would be installed as a file that can be changed. */
  readonly open: (plan: BuildPlan) => Promise<void>;
}

/** Shows what a first build installs; whether to build. Rejects with `cancelled`. */
export async function askForBuild(
  prompts: Pick<Prompts, 'choose'>,
  { serving, folder, plan, open }: BuildQuestion,
): Promise<boolean> {
  const message = t('Build the environment of {0}?', serving);
  const chosen = await prompts.choose(message, detailOf(plan, folder), [buildText(), openText()]);
  if (chosen === openText()) {
    await open(plan);
  }
  return chosen === buildText();
}

function detailOf({ base, lines, file, pinnedBy }: BuildPlan, folder: string): string {
  const shown =
    lines.length > MOST ? [...lines.slice(0, MOST - 1), t('… and {0} more', String(lines.length - MOST + 1))] : lines;
  const imported =
    pinnedBy === undefined
      ? t('what the script and its model import')
      : t('what the script and its model import, in the versions of {0}', pinnedBy);
  const source = file === undefined ? imported : below(folder, file);
  return [
    t('It is installed into an image on {0}, from {1}:', base, source),
    '',
    ...shown,
    '',
    t('This is asked once; servings that need the same share the image.'),
  ].join('\n');
}

function below(folder: string, file: string): string {
  const path = relative(folder, file);
  return path.startsWith('..') ? file : path.replaceAll('\\', '/');
}
