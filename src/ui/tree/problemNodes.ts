import type { BackendServings } from '../../app/servingStore';
import { t } from '../../core/l10n';
import { contextOf, messageNode, reasonOf, type ItemLook, type Node } from './node';

/** Id of the connection that a backend on Hopsworks is. */
export function connectionId({ backend: { id, kind } }: BackendServings): string | undefined {
  return kind === 'hopsworks' ? id.slice('hopsworks:'.length) : undefined;
}

/** What is wrong with a place. Why it cannot be used is why its servings cannot be listed: it is said once. */
export function problems(parent: Node | undefined, id: string, entry: BackendServings): readonly Node[] {
  const { error, availability } = entry;
  const connection = connectionId(entry);
  const reason = availability && availability.kind !== 'ready' ? availability.message : undefined;
  if (availability?.kind === 'signedOut' && reason !== undefined && connection !== undefined) {
    return [signInNode(parent, id, reason, connection)];
  }
  const isSame = connection !== undefined && reason !== undefined;
  const stopped = entry.backend.kind === 'docker' && availability?.kind === 'stopped';
  return [
    ...(error === undefined || isSame ? [] : [problemNode(parent, id, 'error', error, connection)]),
    ...(reason === undefined
      ? []
      : [stopped ? engineNode(parent, id, reason) : problemNode(parent, id, 'warning', reason, connection)]),
  ];
}

function signInNode(parent: Node | undefined, id: string, text: string, connection: string): Node {
  const isFirst = text.includes(t('nobody is signed in'));
  return messageNode(`${id}:warning`, parent, {
    label: isFirst ? t('Sign in…') : t('Sign in again…'),
    description: reasonOf(text),
    icon: 'key',
    color: 'list.warningForeground',
    tooltip: text,
    context: contextOf('message'),
    command: { command: 'modelServing.connection.signIn', title: t('Sign In'), arguments: [connection] },
  });
}

/** Enter starts the engine; the checks and another engine are in its menu. */
function engineNode(parent: Node | undefined, id: string, text: string): Node {
  return messageNode(`${id}:warning`, parent, {
    ...problemLook('warning', text),
    tooltip: t('{0}\nClick to start Docker', text),
    context: contextOf('message', 'engine'),
    command: { command: 'modelServing.engine.start', title: t('Start Docker') },
  });
}

function problemNode(
  parent: Node | undefined,
  id: string,
  icon: 'error' | 'warning',
  text: string,
  connection?: string,
): Node {
  return messageNode(`${id}:${icon}`, parent, {
    ...problemLook(icon, connection === undefined ? text : reasonOf(text)),
    tooltip: text,
    context: contextOf('message'),
    command:
      connection === undefined
        ? { command: 'modelServing.doctor.run', title: t('Run Checks') }
        : { command: 'modelServing.connection.test', title: t('Test Connection'), arguments: [connection] },
  });
}

function problemLook(icon: 'error' | 'warning', label: string): ItemLook {
  return { label, icon, color: icon === 'error' ? 'editorError.foreground' : 'list.warningForeground' };
}
