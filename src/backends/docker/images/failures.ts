import { isCancelled, isNodeError, messageOf, type Remedy, ServingError } from '../../../core/errors';
import { t } from '../../../core/l10n';
import { installFailure } from '../../../environments/installFailure';
import { withoutSecrets } from '../../../environments/pipSettings';
import { EXIT, MARK } from './makeScript';

const FULL = /no space left on device|ENOSPC|disk quota exceeded/i;
/** Of an index or a proxy that was not reached. */
const LOST =
  /refused|unreachable|timed out|ConnectTimeout|NewConnectionError|ProxyError|error sending request|tcp connect/i;
const UNTRUSTED = /certificate|UnknownIssuer|SSLError/i;
const DOCTOR: readonly Remedy[] = [{ kind: 'runDoctor' }];
const ROOM: readonly Remedy[] = [{ kind: 'cleanUp' }, ...DOCTOR];

/** Why an image could not be pulled, in one sentence. */
export function pullFailure(
  error: unknown,
  reference: string,
  signal: AbortSignal,
  remedies: readonly Remedy[],
): ServingError {
  const what = t('Pulling {0}', reference);
  if (signal.aborted || isCancelled(error)) {
    return ServingError.cancelled(what);
  }
  const own = error instanceof ServingError ? error : undefined;
  if (isNodeError(own?.cause)) {
    // It is the engine that was not reached.
    return own;
  }
  const said = withoutSecrets([error, own?.cause ?? ''].map(messageOf).join('\n'));
  const registry = registryOf(reference);
  const fail = (code: ServingError['code'], reason: string, fix: readonly Remedy[]): ServingError =>
    new ServingError(code, t('{0} failed: {1}', what, reason), { cause: error, remedies: fix });
  if (FULL.test(said)) {
    return fail('disk', t("the engine's disk is full"), ROOM);
  }
  if (/x509|certificate|tls: /i.test(said)) {
    return fail(
      'unreachable',
      t('the engine does not trust the certificate of {0}: add your authority to it', registry),
      [...DOCTOR, ...remedies],
    );
  }
  // Not an image that is named so, such as haproxy.
  if (/proxyconnect|\bproxy\b/i.test(said.replaceAll(reference, '')) && /refused|timeout|lookup|407/i.test(said)) {
    return fail('unreachable', t("{0} could not be reached through the engine's proxy", registry), DOCTOR);
  }
  if (/toomanyrequests|rate limit/i.test(said)) {
    return fail(
      'unavailable',
      t('{0} refuses more pulls for now: sign in with "docker login", or wait', registry),
      remedies,
    );
  }
  if (/no matching manifest|does not match the specified platform/i.test(said)) {
    return fail('unavailable', t("there is none for the engine's architecture"), remedies);
  }
  if (/manifest unknown|manifest for .* not found|name unknown|repository .* not found: does not exist$/i.test(said)) {
    return fail('notFound', t('there is no such image in {0}', registry), remedies);
  }
  if (/access denied|unauthorized|authentication required|no basic auth|\bdenied\b/i.test(said)) {
    const login = registry === 'Docker Hub' ? 'docker login' : `docker login ${registry}`;
    return fail('unavailable', t('there is none in {0}, or it needs "{1}"', registry, login), remedies);
  }
  if (
    /no such host|connection refused|i\/o timeout|timed? ?out|unreachable|context deadline|EOF|reset by peer/i.test(
      said,
    )
  ) {
    return fail('unreachable', t('the engine cannot reach {0}: check its network and its proxy', registry), [
      ...DOCTOR,
      ...remedies,
    ]);
  }
  return fail(own?.code ?? 'unavailable', withoutSecrets(plain(messageOf(own?.cause ?? error))), [
    ...(own?.remedies ?? []),
    ...remedies,
  ]);
}

/** Without what dockerode puts around it. */
function plain(message: string): string {
  return message.replace(/^\(HTTP code \d+\) .*? - /, '').trim();
}

/** `python:3.11-slim` → Docker Hub; `localhost:5000/base` → localhost:5000. */
function registryOf(reference: string): string {
  const [first = '', ...rest] = reference.split('/');
  return rest.length > 0 && (/[.:]/.test(first) || first === 'localhost') ? first : 'Docker Hub';
}

export interface FailedBuild {
  /** What failed, for the beginning of the message. */
  readonly what: string;
  readonly error: unknown;
  /** All that its steps printed. */
  readonly output: string;
  readonly signal: AbortSignal;
}

/** Why a build that installs nothing failed; code `disk` or that of the engine. */
export function buildFailure({ what, error, output, signal }: FailedBuild): ServingError {
  if (signal.aborted || isCancelled(error)) {
    return ServingError.cancelled(what);
  }
  const said = withoutSecrets(`${messageOf(error)}\n${output}`);
  if (FULL.test(said) || (error instanceof ServingError && error.code === 'disk')) {
    return new ServingError('disk', t("{0}: the engine's disk is full", what), { cause: said, remedies: ROOM });
  }
  return error instanceof ServingError && error.code !== 'internal'
    ? error
    : new ServingError('unavailable', `${what}: ${withoutSecrets(messageOf(error))}`, {
        cause: error,
        remedies: DOCTOR,
      });
}

/** In a build, localhost is the engine's computer at the best, which may be a virtual machine. */
function aboutLocal({ code, message, cause }: ServingError, addresses: readonly string[]): ServingError {
  const which = addresses.join(', ');
  return new ServingError(
    code,
    addresses.length === 1
      ? t("{0}. {1} is an address of the engine's own computer to a build: nothing may listen there", message, which)
      : t("{0}. {1} are addresses of the engine's own computer to a build: nothing may listen there", message, which),
    { cause, remedies: DOCTOR },
  );
}

export interface FailedEnvironment extends FailedBuild {
  readonly index: string;
  /** Indexes and proxies that are named by an address of the computer itself. */
  readonly local: readonly string[];
  readonly base: string;
  readonly baseSetting: string;
  whereIs(name: string): Remedy | undefined;
}

/** Why an environment image could not be built: what pip or uv said, in one sentence. */
export function environmentFailure(failed: FailedEnvironment): ServingError {
  const { what, error, output, base, index } = failed;
  const said = withoutSecrets(`${output}\n${messageOf(error)}`);
  const plain = buildFailure(failed);
  // The engine that went away meanwhile is not pip's doing either.
  if (plain.code === 'cancelled' || plain.code === 'disk' || isNodeError(plain.cause)) {
    return plain;
  }
  const python = new RegExp(`${MARK} python (\\S+)`).exec(said)?.[1];
  const exit = Object.entries(EXIT).find(([, code]) =>
    new RegExp(`(?:exit code:?|code:|exit status) ?${code}\\b`).test(said),
  )?.[0];
  const ofBase: Readonly<Record<string, string>> = {
    python: t('there is no Python in the base image {0}', base),
    old: t('the base image {0} has Python {1}, and 3.9 or later is needed', base, python ?? ''),
    tools: t('the base image {0} has neither pip nor venv with ensurepip, nor uv', base),
  };
  if (exit !== undefined && ofBase[exit] !== undefined) {
    return new ServingError('unavailable', `${what}: ${ofBase[exit]}`, {
      cause: said,
      remedies: [{ kind: 'openSettings', setting: failed.baseSetting }],
    });
  }
  if (python === undefined) {
    // Nothing was installed yet: it is not pip's doing.
    return plain;
  }
  const failure = installFailure({ what, output: said, index, python, whereIs: (name) => failed.whereIs(name) });
  return failed.local.length > 0 && LOST.test(said) && !UNTRUSTED.test(said)
    ? aboutLocal(failure, failed.local)
    : failure;
}
