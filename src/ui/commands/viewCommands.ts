import { BACK, type Choice, type Prompts } from '../../app/prompts';
import { ServingError } from '../../core/errors';
import { t } from '../../core/l10n';
import type { Arrangement, Grouping } from '../tree/arrangement';
import type { Arranging } from '../tree/arranging';
import type { CommandTable } from './register';

export interface ViewCommandParts {
  readonly prompts: Prompts;
  readonly arranging: Arranging;
  /** Shows what runs in this window as a list. */
  readonly showList: () => void;
  /** Opens the page with the first steps. */
  readonly openWalkthrough: () => Promise<void>;
}

type ViewCommandId = Extract<keyof CommandTable, `modelServing.view.${string}` | `modelServing.walkthrough.${string}`>;

/** How the Servings view is laid out, and what else shows the servings. */
export function viewCommands(parts: ViewCommandParts): Pick<CommandTable, ViewCommandId> {
  const { arranging, prompts } = parts;
  return {
    'modelServing.view.filter': async () => {
      await filter(prompts, arranging);
    },
    'modelServing.view.clearFilter': () => {
      arranging.change({ shown: 'all', text: '' });
      return Promise.resolve();
    },
    'modelServing.view.groupBy': async () => {
      const { grouping } = arranging.current;
      const chosen = await choose(
        prompts,
        t('Group Servings By'),
        t('What stands together?'),
        groupings(grouping),
        grouping,
      );
      arranging.change({ grouping: chosen });
    },
    'modelServing.view.list': () => {
      parts.showList();
      return Promise.resolve();
    },
    'modelServing.walkthrough.open': () => parts.openWalkthrough(),
  };
}

type Change = Partial<Arrangement> | 'text';

async function filter(prompts: Prompts, arranging: Arranging): Promise<void> {
  const now = arranging.current;
  const chosen = await choose(
    prompts,
    t('Filter and Sort Servings'),
    t('What is shown, and in which order?'),
    changes(now),
  );
  if (chosen !== 'text') {
    arranging.change(chosen);
    return;
  }
  const text = await prompts.input({
    title: t('Filter Servings by Text'),
    prompt: t('Words of the name, the model or the state. Empty: all servings.'),
    value: now.text,
    check: () => undefined,
  });
  if (text !== BACK) {
    arranging.change({ text });
  }
}

function groupings(now: Grouping): readonly Choice<Grouping>[] {
  const choices: readonly Choice<Grouping>[] = [
    {
      label: t('Backend'),
      value: 'backend',
      detail: t('This computer, Docker, each project on Hopsworks'),
      icon: 'server',
    },
    { label: t('Model'), value: 'model', detail: t('All servings of a model, wherever they run'), icon: 'package' },
    { label: t('State'), value: 'state', detail: t('What failed first, then what runs'), icon: 'pulse' },
  ];
  return choices.map((choice) => marked(choice, choice.value === now));
}

function changes({ shown, order, text }: Arrangement): readonly Choice<Change>[] {
  const held = text === '' ? {} : { description: `“${text}”` };
  return [
    {
      label: t('Text…'),
      value: 'text',
      detail: t('Words of the name, the model or the state'),
      icon: 'search',
      separator: t('Show'),
      ...held,
    },
    marked({ label: t('Failed Only'), value: { shown: 'failed' }, icon: 'error' }, shown === 'failed'),
    marked({ label: t('Running Only'), value: { shown: 'running' }, icon: 'pass-filled' }, shown === 'running'),
    marked(
      { label: t('All'), value: { shown: 'all', text: '' }, icon: 'list-unordered' },
      shown === 'all' && text === '',
    ),
    marked(
      { label: t('By Name'), value: { order: 'name' }, icon: 'case-sensitive', separator: t('Sort') },
      order === 'name',
    ),
    marked({ label: t('By State'), value: { order: 'state' }, icon: 'pulse' }, order === 'state'),
    marked({ label: t('By Last Change'), value: { order: 'change' }, icon: 'history' }, order === 'change'),
  ];
}

function marked<T>(choice: Choice<T>, isNow: boolean): Choice<T> {
  return isNow ? { ...choice, description: 'now' } : choice;
}

async function choose<T>(
  prompts: Prompts,
  title: string,
  placeholder: string,
  choices: readonly Choice<T>[],
  active?: T,
): Promise<T> {
  const chosen = await prompts.pick({ title, placeholder, choices, ...(active === undefined ? {} : { active }) });
  if (chosen === BACK) {
    throw ServingError.cancelled(title);
  }
  return chosen;
}
