import type { BackendServings, ServingStore } from '../../app/servingStore';
import { servings as servingCount } from '../../core/counts';
import { t } from '../../core/l10n';
import type { Serving, ServingState } from '../../core/serving';
import { compareNames, filterOf, isFiltered, PLAIN, type Arrangement } from './arrangement';
import { countText } from './counts';
import { BackendNode, GroupNode, paged, type Layout } from './groupNodes';
import { contextOf, messageNode, type Node } from './node';
import { problems } from './problemNodes';

/**
 * The roots of the Servings view: groups of servings, by place, model or state. Nothing while there is nothing to show, so
 * that the welcome says why.
 */
export function servingRoots(
  store: ServingStore,
  pages: ReadonlyMap<string, number> = new Map(),
  arrangement: Arrangement = PLAIN,
): readonly Node[] {
  const backends = store.backends();
  if (!hasRows(backends)) {
    return [];
  }
  const several = new Set(backends.flatMap(({ folder }) => (folder ? [folder.path] : []))).size > 1;
  const layout: Layout = { store, arrangement, pages, several };
  const filter = filterOf(arrangement);
  const shown = backends.map((entry) => ({ entry, servings: entry.servings.filter(filter) }));
  const some = shown.some(({ servings }) => servings.length > 0);
  const rows =
    arrangement.grouping === 'backend'
      ? shown
          .filter(
            ({ entry, servings }) =>
              servings.length > 0 || (isFiltered(arrangement) ? isBroken(entry) : isShown(entry)),
          )
          .map(({ entry, servings }) => new BackendNode(entry, servings, layout))
      : [
          ...backends.filter(isBroken).flatMap((entry) => problems(undefined, `backend:${entry.backend.id}`, entry)),
          ...(arrangement.grouping === 'model' ? modelGroups : stateGroups)(shown, layout),
        ];
  return isFiltered(arrangement) && !some ? [noMatch(), ...rows] : rows;
}

/**
 * Whether the view has rows. With no folder open and nobody signed in anywhere, or nothing that answers, there is nothing
 * but that to say.
 */
export function hasRows(backends: readonly BackendServings[]): boolean {
  return backends.some(({ folder, backend, servings, error, availability }) => {
    if (servings.length > 0) {
      return true;
    }
    const isSilent = availability?.kind === 'signedOut' || availability?.kind === 'unreachable';
    return backend.kind === 'hopsworks'
      ? !(isSilent && folder === undefined && backends.every((each) => each.folder === undefined))
      : error !== undefined;
  });
}

/** Beside others: also a place that is ready, to be dropped on, and one that everything else could rely on but is not. */
function isShown({ backend, servings, error, availability }: BackendServings): boolean {
  return (
    servings.length > 0 ||
    error !== undefined ||
    backend.kind === 'hopsworks' ||
    availability?.kind === 'ready' ||
    (backend.kind === 'process' && availability !== undefined)
  );
}

/** Whether something is to be said of a place though it shows no serving. */
function isBroken(entry: BackendServings): boolean {
  const { servings, error, availability } = entry;
  return (
    (error !== undefined || (availability !== undefined && availability.kind !== 'ready')) &&
    (servings.length > 0 || isShown(entry))
  );
}

type Shown = readonly { readonly entry: BackendServings; readonly servings: readonly Serving[] }[];

function modelGroups(shown: Shown, layout: Layout): readonly Node[] {
  const groups = [...grouped(shown, ({ definition }) => definition.model.name)].sort(([a], [b]) => compareNames(a, b));
  const place = placeNames(shown, layout);
  return paged(undefined, 'models', groups, layout, ([name, servings]) => {
    const count = countText(servings) || servingCount(servings.length);
    const look = { label: name === '' ? t('No model') : name, description: count, icon: 'package' };
    return new GroupNode(`model:${name}`, look, servings, layout, (serving) => {
      return `v${serving.definition.model.version} · ${place(serving)}`;
    });
  });
}

/** What is on its way somewhere stands together, so that nothing jumps with each step. */
const GROUP_OF: Readonly<Record<ServingState, string>> = {
  failed: 'failed',
  unknown: 'unknown',
  creating: 'moving',
  starting: 'moving',
  updating: 'moving',
  stopping: 'moving',
  running: 'running',
  idle: 'idle',
  stopped: 'stopped',
};

function stateGroups(shown: Shown, layout: Layout): readonly Node[] {
  const groups = grouped(shown, ({ state }) => GROUP_OF[state]);
  const looks: readonly (readonly [id: string, label: string, icon: string, color?: string])[] = [
    ['failed', t('Failed'), 'error', 'editorError.foreground'],
    ['unknown', t('Unknown'), 'question', 'list.warningForeground'],
    ['moving', t('In progress'), 'sync', 'charts.blue'],
    ['running', t('Running'), 'pass-filled', 'charts.green'],
    ['idle', t('Idle'), 'debug-pause'],
    ['stopped', t('Stopped'), 'circle-large-outline'],
  ];
  const place = placeNames(shown, layout);
  return looks.flatMap(([id, label, icon, color]) => {
    const servings = groups.get(id) ?? [];
    const description = servingCount(servings.length);
    const look = { label, icon, description, ...(color === undefined ? {} : { color }) };
    return servings.length === 0 ? [] : [new GroupNode(`state:${id}`, look, servings, layout, place)];
  });
}

function grouped(shown: Shown, keyOf: (serving: Serving) => string): ReadonlyMap<string, readonly Serving[]> {
  const groups = new Map<string, Serving[]>();
  for (const serving of shown.flatMap(({ servings }) => servings)) {
    const key = keyOf(serving);
    const group = groups.get(key);
    if (group) {
      group.push(serving);
    } else {
      groups.set(key, [serving]);
    }
  }
  return groups;
}

/** What the place of a serving is called. */
function placeNames(shown: Shown, { several }: Layout): (serving: Serving) => string {
  const names = new Map(
    shown.map(({ entry: { backend, folder } }) => [
      backend.id,
      several && folder ? `${backend.label} (${folder.name})` : backend.label,
    ]),
  );
  return ({ ref }) => names.get(ref.backend) ?? '';
}

function noMatch(): Node {
  return messageNode('none', undefined, {
    label: t('No serving matches the filter'),
    description: t('Clear filter'),
    icon: 'filter',
    context: contextOf('message'),
    command: { command: 'modelServing.view.clearFilter', title: t('Clear Filter') },
  });
}
