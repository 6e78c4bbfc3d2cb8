import type { Connection, ConnectionFinding } from '../../core/connection';
import { isCancelled, messageOf, ServingError, type Remedy } from '../../core/errors';
import { t } from '../../core/l10n';
import type { Call } from './calls';
import type { HopsworksClient } from './client';
import { HopsworksError, isTheir } from './failures';
import { OWNER } from './session';
import { ERROR, type Scope } from './wire';

/** What reads only, for whether a scope is there; what is lost without it. */
const probes = (): readonly { readonly scope: Scope; readonly path: string; readonly for: string }[] => [
  { scope: 'SERVING', path: '/serving', for: t('servings cannot be listed, started or asked') },
  { scope: 'MODELREGISTRY', path: '/modelregistries', for: t('models cannot be listed or registered') },
  { scope: 'DATASET_VIEW', path: '/dataset/Models', for: t('files of models cannot be looked at') },
  { scope: 'KAFKA', path: '/kafka/topics?offset=0&limit=1', for: t('topics for inference logs cannot be chosen') },
];

/**
 * Tries out a connection and says what is missing, each with what can be done about it. Changes nothing there, so that
 * DATASET_CREATE and DATASET_DELETE are found missing only when something is uploaded.
 */
export async function checkConnection(
  client: HopsworksClient,
  connection: Connection,
  signal: AbortSignal,
): Promise<readonly ConnectionFinding[]> {
  let project: number;
  try {
    project = await client.project(signal);
  } catch (error) {
    return [toFinding(error, connection)];
  }
  const found: ConnectionFinding[] = [
    has('project', connection.project, t('The project {0} is there', connection.project)),
  ];
  for (const probe of probes()) {
    found.push(await checkScope(client, project, probe, connection, signal));
  }
  found.push(await checkRole(client, connection, signal));
  return found;
}

async function checkScope(
  client: HopsworksClient,
  project: number,
  probe: ReturnType<typeof probes>[number],
  connection: Connection,
  signal: AbortSignal,
): Promise<ConnectionFinding> {
  const { scope } = probe;
  const call: Call = { what: scope, scope, method: 'GET', path: `/project/${project}${probe.path}` };
  try {
    await client.json(call, signal);
  } catch (error) {
    if (isCancelled(error)) {
      throw error;
    }
    if (isTheir(error, ERROR.noScope)) {
      return {
        what: 'scope',
        name: scope,
        isMissing: true,
        message: t('The API key lacks the scope {0}: {1}', scope, probe.for),
        remedies: error.remedies,
      };
    }
    // Any other refusal comes after the look at the scope.
    if (!(error instanceof ServingError) || error.code === 'signedOut' || !isRefusal(error)) {
      return toFinding(error, connection);
    }
  }
  return has('scope', scope, t('The API key has the scope {0}', scope));
}

async function checkRole(
  client: HopsworksClient,
  { project }: Connection,
  signal: AbortSignal,
): Promise<ConnectionFinding> {
  let role: string | undefined;
  try {
    role = (await client.roles(signal)).get(project);
  } catch (error) {
    if (isCancelled(error)) {
      throw error;
    }
  }
  if (role === undefined || role.toLowerCase() === OWNER.toLowerCase()) {
    return has(
      'role',
      role ?? '',
      role === undefined ? t('Hopsworks does not tell your role') : t('Your role is {0}', role),
    );
  }
  return {
    what: 'role',
    name: role,
    isMissing: true,
    message: t(
      'Your role in {0} is {1}: to create, start, stop or delete servings it takes a {2}',
      project,
      role,
      OWNER,
    ),
    remedies: [],
  };
}

function has(what: ConnectionFinding['what'], name: string, message: string): ConnectionFinding {
  return { what, name, isMissing: false, message, remedies: [] };
}

/** Told by Hopsworks itself. */
function isRefusal(error: ServingError): boolean {
  return error instanceof HopsworksError && error.status >= 300;
}

function toFinding(error: unknown, connection: Connection): ConnectionFinding {
  if (isCancelled(error)) {
    throw error;
  }
  const edit: Remedy = { kind: 'editConnection', connection: connection.id };
  const known = error instanceof ServingError ? error : undefined;
  const isScope = isTheir(error, ERROR.noScope);
  return {
    what: isScope ? 'scope' : whatOf(known),
    ...(isScope ? { name: 'PROJECT' } : {}),
    isMissing: true,
    message: messageOf(error),
    remedies: known && known.remedies.length > 0 ? known.remedies : [edit],
  };
}

function whatOf(error: ServingError | undefined): ConnectionFinding['what'] {
  switch (error?.code) {
    case 'certificate':
      return 'certificate';
    case 'signedOut':
      return 'key';
    case 'notFound':
      return 'project';
    case 'forbidden':
      return 'role';
    default:
      return 'address';
  }
}
