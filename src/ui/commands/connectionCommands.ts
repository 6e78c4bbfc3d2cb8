import * as vscode from 'vscode';
import type { Connections } from '../../app/connections';
import { BACK, type InputQuestion, type Prompts } from '../../app/prompts';
import {
  checkKey,
  knownKey,
  type Connection,
  type ConnectionFinding,
  type KnownElsewhere,
} from '../../core/connection';
import { runWizard } from '../../app/wizard';
import { ServingError } from '../../core/errors';
import { t } from '../../core/l10n';
import { withOperation } from '../../platform/progress';
import type { CommandTable } from './register';
import { connectionOf } from './target';
import { placeSteps, toConnection, trustSteps } from './connectionSteps';

export interface ConnectionCommandParts {
  readonly prompts: Prompts;
  readonly connections: Connections;
  /** Says what is missing. */
  readonly check: (connection: Connection, signal: AbortSignal) => Promise<readonly ConnectionFinding[]>;
  /** What the official clients would connect to. */
  readonly known: () => Promise<KnownElsewhere>;
  readonly newId: () => string;
}

type ConnectionCommandId = Extract<keyof CommandTable, `modelServing.connection.${string}`>;

export function connectionCommands(parts: ConnectionCommandParts): Pick<CommandTable, ConnectionCommandId> {
  const { connections, prompts } = parts;
  return {
    'modelServing.connection.add': async () => {
      await add(parts);
    },
    'modelServing.connection.edit': async (target) => {
      await edit(parts, await choose(parts, t('Edit Connection'), target));
    },
    'modelServing.connection.signIn': async (target) => {
      const connection = await choose(parts, t('Sign In'), target);
      await signIn(parts, connection);
      await test(parts, connection);
    },
    'modelServing.connection.signOut': async (target) => {
      const connection = await choose(parts, t('Sign Out'), target);
      await connections.signOut(connection.id);
      vscode.window.setStatusBarMessage(t('Signed out of {0}', connection.project), 3000);
    },
    'modelServing.connection.test': async (target) => test(parts, await choose(parts, t('Test Connection'), target)),
    'modelServing.connection.remove': async (target) => {
      const connection = await choose(parts, t('Remove Connection'), target);
      await prompts.confirm(
        t('Remove the connection to {0}?', connection.project),
        t('{0}: its API key is forgotten. What runs there goes on.', connection.address),
        t('Remove'),
      );
      await connections.remove(connection.id);
    },
  };
}

async function add(parts: ConnectionCommandParts): Promise<void> {
  const known = await parts.known();
  const begun = {
    address: known.address ?? '',
    project: known.project ?? '',
    caFile: known.caFile,
    checkHostName: true,
  };
  const place = placeSteps(parts.prompts, t('Add Hopsworks Connection'));
  const made = toConnection(parts.newId(), await runWizard(place, begun));
  await parts.connections.save(made);
  await signIn(parts, made, known);
  await test(parts, made);
}

async function edit(parts: ConnectionCommandParts, { id, address, project, options }: Connection): Promise<void> {
  const { prompts, connections } = parts;
  const title = t('Edit Hopsworks Connection');
  const before = { address, project, caFile: options.caFile, checkHostName: options.checkHostName };
  const after = await runWizard([...placeSteps(prompts, title), ...trustSteps(prompts, title)], before);
  const changed = toConnection(id, after);
  const isSame = changed.address === address && changed.project === project;
  // A key is for one project of one server.
  const keeps = isSame && (await connections.get(id)) !== undefined && (await keepsKey(prompts, title));
  await connections.save(changed);
  if (!keeps) {
    await signIn(parts, changed, await parts.known());
  }
  await test(parts, changed);
}

async function keepsKey(prompts: Prompts, title: string): Promise<boolean> {
  const chosen = await prompts.pick<boolean>({
    title,
    placeholder: t('Which API key?'),
    choices: [
      { label: t('Keep the API key'), value: true, icon: 'key' },
      { label: t('Enter another one…'), value: false, icon: 'edit' },
    ],
    active: true,
  });
  return chosen === true;
}

async function signIn(parts: ConnectionCommandParts, connection: Connection, known?: KnownElsewhere): Promise<void> {
  const found = known && knownKey(known, connection.address);
  const prompt = t(
    'Of {0} at {1}, with the scopes PROJECT, SERVING, MODELREGISTRY, DATASET_VIEW, DATASET_CREATE, DATASET_DELETE and KAFKA. It is kept in the secret storage of this computer.',
    connection.project,
    connection.address,
  );
  const key = await ask(parts.prompts, {
    title: t('API Key'),
    prompt: found ? t('{0} Filled in from {1}.', prompt, found.source) : prompt,
    value: found?.key ?? '',
    secret: true,
    check: checkKey,
  });
  await parts.connections.signIn(connection.id, key);
}

/** Throws the first thing that is missing, so that it comes with its buttons. */
async function test({ check }: ConnectionCommandParts, connection: Connection): Promise<void> {
  const found = await withOperation(t('Testing the connection to {0}', connection.project), ({ signal }) =>
    check(connection, signal),
  );
  const missing = found.filter(({ isMissing }) => isMissing);
  if (missing.length > 0) {
    throw new ServingError('forbidden', missing.map(({ message }) => message).join('. '), {
      remedies: missing[0]?.remedies ?? [],
    });
  }
  vscode.window.setStatusBarMessage(t('Connected to {0}: nothing is missing', connection.project), 5000);
}

async function choose(
  { connections, prompts }: ConnectionCommandParts,
  title: string,
  target: unknown,
): Promise<Connection> {
  const all = connections.list();
  const id = typeof target === 'string' ? target : connectionOf(target);
  const named = all.find((each) => each.id === id);
  if (named) {
    return named;
  }
  if (all.length === 0) {
    throw new ServingError('notFound', t('There is no connection to Hopsworks yet: use Add Hopsworks Connection…'));
  }
  const [only] = all.length === 1 ? all : [];
  if (only) {
    return only;
  }
  const chosen = await prompts.pick<Connection>({
    title,
    placeholder: t('Which connection?'),
    choices: all.map((each) => ({ label: each.project, description: each.address, value: each, icon: 'cloud' })),
  });
  if (chosen === BACK) {
    throw ServingError.cancelled(title);
  }
  return chosen;
}

async function ask(prompts: Prompts, question: InputQuestion): Promise<string> {
  const answer = await prompts.input(question);
  if (answer === BACK) {
    throw ServingError.cancelled(question.title);
  }
  return answer;
}
