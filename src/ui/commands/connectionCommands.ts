import * as vscode from 'vscode';
import type { Connections } from '../../app/connections';
import { BACK, type InputQuestion, type Prompts } from '../../app/prompts';
import {
  checkAddress,
  checkKey,
  checkProject,
  toAddress,
  type Connection,
  type ConnectionFinding,
  type KnownElsewhere,
} from '../../core/connection';
import { ServingError } from '../../core/errors';
import { withOperation } from '../../platform/progress';
import type { CommandTable } from './register';

export interface ConnectionCommandParts {
  readonly prompts: Prompts;
  readonly connections: Connections;
  /** Says what is missing. */
  readonly check: (connection: Connection, signal: AbortSignal) => Promise<readonly ConnectionFinding[]>;
  /** What the official clients would connect to. */
  readonly known: () => KnownElsewhere;
  readonly newId: () => string;
}

type ConnectionCommandId = Extract<keyof CommandTable, `modelServing.connection.${string}`>;

export function connectionCommands(parts: ConnectionCommandParts): Pick<CommandTable, ConnectionCommandId> {
  const { connections, prompts } = parts;
  return {
    'modelServing.connection.add': async () => {
      await add(parts);
    },
    'modelServing.connection.signIn': async (target) => {
      const connection = await choose(parts, 'Sign In', target);
      await signIn(parts, connection, '');
      await test(parts, connection);
    },
    'modelServing.connection.signOut': async (target) => {
      const connection = await choose(parts, 'Sign Out', target);
      await connections.signOut(connection.id);
      vscode.window.setStatusBarMessage(`Signed out of ${connection.project}`, 3000);
    },
    'modelServing.connection.test': async (target) => test(parts, await choose(parts, 'Test Connection', target)),
    'modelServing.connection.remove': async (target) => {
      const connection = await choose(parts, 'Remove Connection', target);
      await prompts.confirm(
        `Remove the connection to ${connection.project}?`,
        `${connection.address}: its API key is forgotten. What runs there goes on.`,
        'Remove',
      );
      await connections.remove(connection.id);
    },
  };
}

async function add(parts: ConnectionCommandParts): Promise<void> {
  const known = parts.known();
  const title = 'Add Hopsworks Connection';
  const address = await ask(parts.prompts, {
    title,
    prompt: 'Address of the server, as in the browser',
    placeholder: 'https://hopsworks.example.com',
    value: known.address ?? '',
    check: checkAddress,
  });
  const project = await ask(parts.prompts, {
    title,
    prompt: 'Name of the project',
    value: known.project ?? '',
    check: checkProject,
  });
  const connection: Connection = {
    id: parts.newId(),
    address: toAddress(address),
    project,
    options: { ...(known.caFile === undefined ? {} : { caFile: known.caFile }), checkHostName: true },
  };
  await parts.connections.save(connection);
  await signIn(parts, connection, known.key ?? '');
  await test(parts, connection);
}

async function signIn(parts: ConnectionCommandParts, connection: Connection, value: string): Promise<void> {
  const key = await ask(parts.prompts, {
    title: 'API Key',
    prompt: `Of ${connection.project} at ${connection.address}, with the scopes PROJECT, SERVING, MODELREGISTRY, DATASET_VIEW, DATASET_CREATE, DATASET_DELETE and KAFKA. It is kept in the secret storage of this computer.`,
    value,
    secret: true,
    check: checkKey,
  });
  await parts.connections.signIn(connection.id, key);
}

/** Throws the first thing that is missing, so that it comes with its buttons. */
async function test({ check }: ConnectionCommandParts, connection: Connection): Promise<void> {
  const found = await withOperation(`Testing the connection to ${connection.project}`, ({ signal }) =>
    check(connection, signal),
  );
  const missing = found.filter(({ isMissing }) => isMissing);
  if (missing.length > 0) {
    throw new ServingError('forbidden', missing.map(({ message }) => message).join('. '), {
      remedies: missing[0]?.remedies ?? [],
    });
  }
  vscode.window.setStatusBarMessage(`Connected to ${connection.project}: nothing is missing`, 5000);
}

async function choose(
  { connections, prompts }: ConnectionCommandParts,
  title: string,
  target: unknown,
): Promise<Connection> {
  const all = connections.list();
  const id = typeof target === 'string' ? target : idOf(target);
  const named = all.find((each) => each.id === id);
  if (named) {
    return named;
  }
  if (all.length === 0) {
    throw new ServingError('notFound', 'There is no connection to Hopsworks yet: use Add Hopsworks Connection…');
  }
  const chosen = await prompts.pick<Connection>({
    title,
    placeholder: 'Which connection?',
    choices: all.map((each) => ({ label: each.project, description: each.address, value: each, icon: 'cloud' })),
  });
  if (chosen === BACK) {
    throw ServingError.cancelled(title);
  }
  return chosen;
}

/** A row of the tree knows its connection. */
function idOf(target: unknown): string | undefined {
  const id: unknown =
    typeof target === 'object' && target !== null && 'connection' in target ? target.connection : undefined;
  return typeof id === 'string' ? id : undefined;
}

async function ask(prompts: Prompts, question: InputQuestion): Promise<string> {
  const answer = await prompts.input(question);
  if (answer === BACK) {
    throw ServingError.cancelled(question.title);
  }
  return answer;
}
