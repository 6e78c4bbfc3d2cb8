import path from 'node:path';
import { BACK, type Choice, type Prompts } from '../../app/prompts';
import type { TestServings } from '../../app/requests/testServings';
import type { ServingAction } from '../../core/actions';
import { ServingError } from '../../core/errors';
import { t } from '../../core/l10n';
import { refKey, type Serving, type ServingRef } from '../../core/serving';
import { stateWord } from '../tree/stateWords';

export interface AskServingParts {
  readonly prompts: Prompts;
  readonly choice: TestServings;
  readonly store: {
    all(): readonly Serving[];
    actions(serving: Serving): readonly ServingAction[];
    labelOf(ref: ServingRef): string;
    refresh(): Promise<void>;
  };
}

/** Chooses by which serving the requests of a file, or of all files, are answered; nobody is chosen where it finds itself. */
export async function chooseServing({ prompts, choice, store }: AskServingParts, file?: string): Promise<void> {
  await store.refresh();
  const servings = await choicesFor({ choice, store }, file);
  const chosen = await prompts.pick<Serving | undefined>({
    title: title(),
    placeholder:
      file === undefined
        ? t('Which serving answers requests whose script none serves?')
        : t('Which serving answers the requests of {0}?', path.basename(file)),
    choices: [
      ...servings,
      {
        label: t('The Serving of the Script'),
        description: t('as long as there is one'),
        icon: 'sync',
        value: undefined,
      },
    ],
  });
  if (chosen === BACK) {
    throw ServingError.cancelled(title());
  }
  choice.choose(chosen?.ref, file);
}

/**
 * The serving that answers the requests of a file. With several that serve its script, or none, it is asked for, and kept:
 * for this file, or for all that have none.
 */
export async function servingFor(parts: AskServingParts, file: string, mayAsk: boolean): Promise<Serving | undefined> {
  const { prompts, choice, store } = parts;
  const known = await choice.of(file);
  if (known || !mayAsk) {
    return known;
  }
  const own = await choice.serving(file);
  const choices = await choicesFor(parts, file);
  if (choices.length === 0) {
    return undefined;
  }
  const chosen = await prompts.pick({
    title: title(),
    placeholder: t('Which serving answers the requests of {0}?', path.basename(file)),
    choices,
  });
  if (chosen === BACK) {
    return undefined;
  }
  choice.choose(chosen.ref, own.length > 0 ? file : undefined);
  return store.all().find(({ ref }) => refKey(ref) === refKey(chosen.ref));
}

/** Those that serve the script first, running or not; then all that answer. */
async function choicesFor(
  { choice, store }: Pick<AskServingParts, 'choice' | 'store'>,
  file: string | undefined,
): Promise<readonly Choice<Serving>[]> {
  const own = file === undefined ? [] : await choice.serving(file);
  const others = store
    .all()
    .filter(
      (each) => store.actions(each).includes('predict') && own.every(({ ref }) => refKey(ref) !== refKey(each.ref)),
    );
  return [...own, ...others].map((serving) => ({
    label: serving.ref.name,
    description: `${store.labelOf(serving.ref)} · ${stateWord(serving)}`,
    icon: 'server-process',
    value: serving,
  }));
}

function title(): string {
  return t('Choose Serving for Tests');
}
