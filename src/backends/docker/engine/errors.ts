import { isCancelled, isNodeError, messageOf, type Remedy, ServingError } from '../../../core/errors';
import { t } from '../../../core/l10n';
import type { EngineAddress } from './port';

/** The setting that names the engine. */
export const HOST_SETTING = 'modelServing.docker.host';
const DOCTOR: Remedy = { kind: 'runDoctor' };
const CHECKS: readonly Remedy[] = [DOCTOR, { kind: 'openSettings', setting: HOST_SETTING }];

/** Any failure of a call to the engine as ours: `what: reason`, with its fix. */
export function toEngineError(error: unknown, what: string, address: EngineAddress): ServingError {
  if (error instanceof ServingError) {
    return error;
  }
  if (isCancelled(error)) {
    return new ServingError('cancelled', t('{0} was cancelled', what), { cause: error });
  }
  return (
    connectionError(error, what, address) ??
    spokenError(reasonOf(error), what, error) ??
    statusError(error, what) ??
    new ServingError('unavailable', `${what}: ${reasonOf(error)}`, { cause: error, remedies: [DOCTOR] })
  );
}

/** Of what an engine says in words, in its answer or among the events of a pull or a build; undefined: nothing known. */
export function spokenError(reason: string, what: string, cause?: unknown): ServingError | undefined {
  const found = spoken().find(({ says }) => says.test(reason));
  return (
    found &&
    new ServingError(found.code, `${what}: ${found.reason ?? reason}`, { cause, remedies: found.remedies ?? [] })
  );
}

interface Spoken {
  readonly says: RegExp;
  readonly code: ServingError['code'];
  /** Instead of the engine's own words. */
  readonly reason?: string;
  readonly remedies?: readonly Remedy[];
}

const spoken = (): readonly Spoken[] => [
  {
    says: /requires? BuildKit|buildkit is (?:only|not) |the --(?:mount|chmod) option requires/i,
    code: 'unavailable',
    reason: t('it builds without BuildKit: Docker 20.10 or newer is needed, with BuildKit on'),
    remedies: [{ kind: 'runDoctor' }],
  },
  {
    says: /port is already allocated|address already in use|ports are not available|only one usage of each socket/i,
    code: 'portInUse',
    reason: t('another program uses the port'),
    remedies: [{ kind: 'choosePort' }],
  },
  {
    // Podman, with status 500.
    says: /network already exists|container name .* is already in use/i,
    code: 'exists',
  },
  {
    says: /container-init binary not found|catatonit.*(?:not found|no such file)/i,
    code: 'unavailable',
    reason: t('Podman lacks its init program: install the package catatonit where the engine runs'),
  },
  {
    says: /no space left on device|not enough space|disk quota exceeded/i,
    code: 'disk',
    reason: t('the disk of the engine is full'),
    remedies: [{ kind: 'cleanUp' }, { kind: 'runDoctor' }],
  },
  {
    says: /toomanyrequests|rate limit/i,
    code: 'unavailable',
    reason: t(
      'the registry answers no more for now, because too much was pulled: log in with docker login, or try later',
    ),
  },
  {
    says: /unauthorized|authentication required|pull access denied|no basic auth credentials|denied: /i,
    code: 'unavailable',
    reason: t('the registry refuses it: there is no such image, or docker login is needed'),
  },
  {
    says: /manifest unknown|manifest for .* not found|no matching manifest|repository .* not found|not found: manifest/i,
    code: 'notFound',
    reason: t('there is no such image for the platform of the engine in the registry'),
  },
  {
    says: /could not select device driver|nvidia-container|unknown or invalid runtime name: nvidia/i,
    code: 'unavailable',
    reason: t('the engine has no GPUs to give: the NVIDIA container toolkit is not installed there'),
    remedies: [{ kind: 'openDefinition', field: 'resources' }],
  },
  {
    says: /no such host|server misbehaving|temporary failure in name resolution|i\/o timeout|TLS handshake timeout|request canceled while waiting|net\/http: |connection refused/i,
    code: 'unreachable',
    remedies: [{ kind: 'runDoctor' }],
  },
];

function statusError(error: unknown, what: string): ServingError | undefined {
  const status = statusOf(error);
  if (status === undefined) {
    return undefined;
  }
  const reason = reasonOf(error);
  const info = { cause: error };
  if (status === 404) {
    return new ServingError('notFound', `${what}: ${reason}`, info);
  }
  if (status === 409) {
    const taken = /already in use|already exists/i.test(reason);
    return new ServingError(taken ? 'exists' : 'conflict', `${what}: ${reason}`, info);
  }
  if (status === 401 || status === 403) {
    return new ServingError('unavailable', t('{0}: the engine refuses it: {1}', what, reason), {
      ...info,
      remedies: CHECKS,
    });
  }
  return new ServingError(status === 400 ? 'invalid' : 'unavailable', `${what}: ${reason}`, info);
}

function connectionError(error: unknown, what: string, address: EngineAddress): ServingError | undefined {
  const code = isNodeError(error) ? (error.code ?? '') : '';
  if (statusOf(error) !== undefined || code === '') {
    return undefined;
  }
  const where = placeOf(address);
  const says = (kind: 'unavailable' | 'unreachable', reason: string): ServingError =>
    new ServingError(kind, `${what}: ${reason}`, { cause: error, remedies: CHECKS });
  if (code === 'EACCES' || code === 'EPERM') {
    return says(
      'unavailable',
      t('you may not use {0}: join the group docker, or use an engine of your own (rootless)', where),
    );
  }
  if (code === 'ENOENT' || code === 'ECONNREFUSED') {
    return says('unavailable', t('no engine answers at {0}: start Docker, or name another engine', where));
  }
  if (code === 'ESSH') {
    return says('unreachable', t('{0} was not reached by ssh: {1}', where, messageOf(error)));
  }
  if (/TLS|CERT|SSL|SELF_SIGNED|EPROTO|ISSUER/.test(code)) {
    return says('unreachable', t('no safe connection to {0}: {1}', where, messageOf(error)));
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return says('unreachable', t('there is no computer of that name: {0}', where));
  }
  if (code === 'HPE_INVALID_CONSTANT' || code.startsWith('HPE_')) {
    return says('unreachable', t('what answers at {0} is no engine, or wants TLS', where));
  }
  return /^E[A-Z]+$/.test(code)
    ? says('unreachable', t('the connection to {0} was lost: {1}', where, messageOf(error)))
    : undefined;
}

/** Where an engine listens and who said so. */
export function placeOf({ url, source, context, contextOf }: EngineAddress): string {
  switch (source) {
    case 'setting':
      return t('{0} (setting {1})', url, HOST_SETTING);
    case 'environment':
      return `${url} (DOCKER_HOST)`;
    case 'context':
      if (context === undefined) {
        return url;
      }
      return contextOf === undefined
        ? t('{0} (Docker context {1})', url, context)
        : t('{0} (Docker context {1}, of {2})', url, context, contextOf);
    case 'default':
      return url;
  }
}

/** The HTTP status of dockerode's error. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number'
    ? error.statusCode
    : undefined;
}

/** What the engine said, without what dockerode puts around it. */
function reasonOf(error: unknown): string {
  const json = error instanceof Error && 'json' in error ? error.json : undefined;
  if (typeof json === 'object' && json !== null && 'message' in json && typeof json.message === 'string') {
    return json.message.trim();
  }
  return messageOf(error)
    .replace(/^\(HTTP code \d+\) .*? - /, '')
    .trim();
}

/** Why a build ended without an image. What a step printed last is in the message. */
export function buildFailure(what: string, reason: string, lastLines: readonly string[]): ServingError {
  // The text of a step may hold any words: only what the engine itself says is looked at.
  const step = /did not complete successfully|returned a non-zero code|while running runtime: exit status/.test(reason);
  const full = lastLines.some((line) => /no space left on device/i.test(line));
  return (
    spokenError(full ? 'no space left on device' : step ? '' : reason, what) ??
    new ServingError('invalid', [`${what}: ${reason}`, ...lastLines].join('\n'))
  );
}
