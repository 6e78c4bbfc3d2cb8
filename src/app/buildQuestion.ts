import { relative } from 'node:path';
import type { BuildPlan } from '../core/backend';
import type { Prompts } from './prompts';

const BUILD = 'Build';
const OPEN = 'Open as File';
/** A message that is higher than the window cannot be answered. */
const MOST = 20;

export interface BuildQuestion {
  readonly serving: string;
  /** The workspace folder. */
  readonly folder: string;
  readonly plan: BuildPlan;
  /** Shows what would be installed as a file that can be changed. */
  open(plan: BuildPlan): Promise<void>;
}

/** Shows what a first build installs; whether to build. Rejects with `cancelled`. */
export async function askForBuild(
  prompts: Pick<Prompts, 'choose'>,
  { serving, folder, plan, open }: BuildQuestion,
): Promise<boolean> {
  const message = `Build the environment of ${serving}?`;
  const chosen = await prompts.choose(message, detailOf(plan, folder), [BUILD, OPEN]);
  if (chosen === OPEN) {
    await open(plan);
  }
  return chosen === BUILD;
}

function detailOf({ base, lines, file, pinnedBy }: BuildPlan, folder: string): string {
  const shown =
    lines.length > MOST ? [...lines.slice(0, MOST - 1), `… and ${String(lines.length - MOST + 1)} more`] : lines;
  const versions = pinnedBy === undefined ? '' : `, in the versions of ${pinnedBy}`;
  const source = file === undefined ? `what the script and its model import${versions}` : `${below(folder, file)}`;
  return [
    `It is installed into an image on ${base}, from ${source}:`,
    '',
    ...shown,
    '',
    'This is asked once; servings that need the same share the image.',
  ].join('\n');
}

function below(folder: string, file: string): string {
  const path = relative(folder, file);
  return path.startsWith('..') ? file : path.replaceAll('\\', '/');
}
