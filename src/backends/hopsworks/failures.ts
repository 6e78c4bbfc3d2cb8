import type { Connection } from '../../core/connection';
import { ServingError, type ErrorCode, type Remedy } from '../../core/errors';
import { t } from '../../core/l10n';
import type { HttpResponse } from '../http';
import { ERROR, toErrorView, type ErrorView, type Scope } from './wire';

/** What an answer of Hopsworks says that is none of success, with its number, or none that can be read. */
export class HopsworksError extends ServingError {
  constructor(
    code: ErrorCode,
    message: string,
    readonly status: number,
    /** Theirs; undefined where the answer had none. */
    readonly errorCode: number | undefined,
    remedies: readonly Remedy[],
  ) {
    super(code, message, { remedies });
  }
}

interface Meaning {
  readonly code: ErrorCode;
  /** In place of their text. */
  readonly reason?: string;
  readonly remedies: readonly Remedy[];
}

/** Their words as they are, and what can be done about it. */
export function toFailure(what: string, answer: HttpResponse, connection: Connection, scope: Scope): HopsworksError {
  const view = toErrorView(answer.body);
  const { code, reason, remedies } = meaningOf(answer, view, connection, scope);
  const test: Remedy = { kind: 'testConnection', connection: connection.id };
  return new HopsworksError(
    code,
    `${what}: ${reason ?? saidBy(answer, view)}`,
    answer.status,
    view?.errorCode,
    remedies.length > 0 ? remedies : [test],
  );
}

/** Whether an error is this one of theirs. */
export function isTheir(error: unknown, ...codes: readonly number[]): error is HopsworksError {
  return error instanceof HopsworksError && error.errorCode !== undefined && codes.includes(error.errorCode);
}

/** An answer of success that says nothing: whether what was asked for is done has to be looked up. */
export function brokenAnswer(what: string, got: string, { id }: Connection): HopsworksError {
  const remedies: readonly Remedy[] = [{ kind: 'testConnection', connection: id }];
  return new HopsworksError('unavailable', t('{0}: the server answered with {1}', what, got), 200, undefined, remedies);
}

/** Whether asking again later may fare better: nobody reached, no whole answer, or a server in trouble. */
export function isPassing(error: unknown): boolean {
  if (error instanceof HopsworksError) {
    return error.status < 300 || error.status >= 500 || error.status === 429 || error.status === 408;
  }
  return error instanceof ServingError && (error.code === 'unreachable' || error.code === 'timeout');
}

function meaningOf(
  { status, headers }: HttpResponse,
  view: ErrorView | undefined,
  connection: Connection,
  scope: Scope,
): Meaning {
  const signIn: Remedy = { kind: 'signIn', connection: connection.id };
  const edit: Remedy = { kind: 'editConnection', connection: connection.id };
  const keys: Remedy = { kind: 'openPage', url: keysPage(connection) };
  switch (view?.errorCode) {
    case ERROR.noScope:
      return {
        code: 'forbidden',
        reason: t('the API key lacks the scope {0}: make a key with it in Hopsworks, and sign in with that', scope),
        remedies: [signIn, keys],
      };
    case ERROR.noProject:
      return { code: 'notFound', reason: t('there is no project {0}', connection.project), remedies: [edit] };
    case ERROR.noRole:
    case ERROR.roleNotAllowed:
      return {
        code: 'forbidden',
        reason: t(
          'the owner of the API key is no member of the project {0}, or has no role that allows it',
          connection.project,
        ),
        remedies: [edit, signIn],
      };
    case ERROR.roleTooLow:
      return {
        code: 'forbidden',
        reason: t('your role in the project {0} does not allow it: it takes a Data owner', connection.project),
        remedies: [signIn],
      };
    case ERROR.wrongKey:
    case ERROR.unknownKey:
      return {
        code: 'signedOut',
        reason: t('{0} does not know the API key', connection.address),
        remedies: [signIn, keys],
      };
    case ERROR.blocked:
      return { code: 'signedOut', remedies: [signIn] };
    case ERROR.noServing:
    case ERROR.inferenceNoServing:
    case ERROR.noModel:
    case ERROR.noDataset:
    case ERROR.noPath:
      return { code: 'notFound', remedies: [] };
    case ERROR.duplicate:
    case ERROR.fileExists:
    case ERROR.folderExists:
      return { code: 'exists', remedies: [] };
    case ERROR.inferenceNotRunning:
      return { code: 'unavailable', remedies: [{ kind: 'start' }] };
    case ERROR.malformed:
      return { code: 'invalid', remedies: [] };
    default:
      return byStatus(status, headers, view, signIn, edit);
  }
}

function byStatus(
  status: number,
  headers: HttpResponse['headers'],
  view: ErrorView | undefined,
  signIn: Remedy,
  edit: Remedy,
): Meaning {
  if (status === 401) {
    return { code: 'signedOut', remedies: [signIn] };
  }
  if (status === 403) {
    return { code: 'forbidden', remedies: [signIn] };
  }
  if (status >= 300 && status < 400) {
    const place = headers.location;
    return {
      code: 'unreachable',
      reason:
        place === undefined
          ? t('it answers that it is elsewhere: the API key is not sent there')
          : t('it answers that it is elsewhere ({0}): the API key is not sent there', place),
      remedies: [edit],
    };
  }
  if (status === 404) {
    return view
      ? { code: 'notFound', remedies: [] }
      : { code: 'unreachable', reason: t('what answers there is no Hopsworks'), remedies: [edit] };
  }
  if (status >= 500) {
    return { code: 'unavailable', remedies: [] };
  }
  return { code: status === 409 ? 'conflict' : 'invalid', remedies: [] };
}

/** What they say to users, else what they say of the error, else the status. */
function saidBy({ status, statusText }: HttpResponse, view: ErrorView | undefined): string {
  const shown = view?.usrMsg ?? '';
  if (view && (shown !== '' || view.errorMsg !== '')) {
    return shown === '' || shown === view.errorMsg || view.errorMsg === ''
      ? t('{0} (Hopsworks {1})', shown === '' ? view.errorMsg : shown, view.errorCode)
      : t('{0}: {1} (Hopsworks {2})', view.errorMsg.replace(/\.$/, ''), shown, view.errorCode);
  }
  return t('the server answered {0}', `${status} ${statusText}`.trim());
}

/** Where API keys are made. */
function keysPage({ address }: Connection): string {
  return `${address}/account/api/generated`;
}
