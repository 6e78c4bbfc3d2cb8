import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { isNodeError, messageOf, ServingError } from '../../../core/errors';
import { t } from '../../../core/l10n';
import { isObject } from '../../../core/objects';
import { HOST_SETTING } from './errors';
import type { EngineAddress } from './port';

/** How to reach an engine: its address, and what proves both ends to each other on TLS. */
export interface EnginePlace {
  readonly address: EngineAddress;
  readonly tls?: TlsFiles;
}

export interface TlsFiles {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
  /** The other end need not prove itself: `SkipTLSVerify` of a context, DOCKER_TLS. */
  readonly anyone?: boolean;
}

/** What is looked at; tests give their own. */
export interface Surroundings {
  /** Value of the setting; empty: not set. */
  readonly setting: string;
  readonly env: NodeJS.ProcessEnv;
  readonly platform: NodeJS.Platform;
  readonly home: string;
  readonly uid?: number;
}

export function surroundings(setting: string): Surroundings {
  return {
    setting,
    env: process.env,
    platform: process.platform,
    home: homedir(),
    ...(process.getuid && { uid: process.getuid() }),
  };
}

/**
 * The engine that the Docker CLI would talk to: setting, DOCKER_HOST, the context of DOCKER_CONTEXT or of the CLI's
 * config.json, then the usual places. Rejects when what is named cannot be read, or nothing is named and nothing found.
 */
export async function findEngine(around: Surroundings): Promise<EnginePlace> {
  const { setting, env } = around;
  if (setting.trim() !== '') {
    return atHost(setting.trim(), 'setting', around);
  }
  if (env.DOCKER_HOST !== undefined && env.DOCKER_HOST !== '') {
    return atHost(env.DOCKER_HOST, 'environment', around);
  }
  const context = await currentContext(around);
  return context === undefined ? usualPlace(around) : atContext(context.name, around, context.of);
}

/** Files whose change may mean another engine. */
export function watchedFiles(around: Surroundings): readonly string[] {
  return [join(configFolder(around), 'config.json')];
}

async function atHost(host: string, source: 'setting' | 'environment', around: Surroundings): Promise<EnginePlace> {
  const { env } = around;
  const address = toAddress(host, source);
  const wanted = (env.DOCKER_TLS_VERIFY ?? '') !== '' || (env.DOCKER_TLS ?? '') !== '';
  if (!address.url.startsWith('tcp://') || !(wanted || new URL(address.url).port === '2376')) {
    return { address };
  }
  const folder = (env.DOCKER_CERT_PATH ?? '') === '' ? configFolder(around) : (env.DOCKER_CERT_PATH ?? '');
  const tls = await tlsFiles(folder, { anyone: (env.DOCKER_TLS_VERIFY ?? '') === '' && (env.DOCKER_TLS ?? '') !== '' });
  return { address, tls };
}

/** `host:port` and a bare path are taken for what they mean. Rejects what no engine can be reached by. */
function toAddress(
  text: string,
  source: EngineAddress['source'],
  named: Pick<EngineAddress, 'context' | 'contextOf'> = {},
): EngineAddress {
  const url = text.includes('://') ? text : text.startsWith('/') ? `unix://${text}` : `tcp://${text}`;
  const kind = /^(unix|npipe|tcp|http|https|ssh):\/\/(.+)$/.exec(url);
  const remote = kind && kind[1] !== 'unix' && kind[1] !== 'npipe';
  const host = remote ? hostOf(url) : undefined;
  if (!kind || (remote && (host === undefined || host === '' || host.startsWith('-')))) {
    throw new ServingError(
      'invalid',
      t(
        'The address of the Docker engine is none: {0}: it looks like unix:///var/run/docker.sock, tcp://host:2376 or ssh://user@host',
        text,
      ),
      { remedies: [{ kind: 'openSettings', setting: HOST_SETTING }, { kind: 'runDoctor' }] },
    );
  }
  return {
    url: url.replace(/^https?:/, 'tcp:'),
    source,
    ...named,
    ...(host !== undefined && !isHere(host) && { remoteHost: host }),
  };
}

function hostOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).hostname.replace(/^\[|\]$/g, '') : undefined;
}

/** An ssh:// engine on this computer is reached on it, too. */
function isHere(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

/** Where the Docker CLI keeps what it knows. */
export function configFolder({ env, home }: Surroundings): string {
  return (env.DOCKER_CONFIG ?? '') === '' ? join(home, '.docker') : (env.DOCKER_CONFIG ?? '');
}

/** Undefined: `default`, which is what DOCKER_HOST or the usual place says. */
async function currentContext(around: Surroundings): Promise<{ name: string; of: string } | undefined> {
  const { env } = around;
  const file = join(configFolder(around), 'config.json');
  const isInEnv = (env.DOCKER_CONTEXT ?? '') !== '';
  const name = isInEnv ? env.DOCKER_CONTEXT : await configured(file);
  return name === undefined || name === '' || name === 'default'
    ? undefined
    : { name, of: isInEnv ? 'DOCKER_CONTEXT' : file };
}

async function configured(file: string): Promise<string | undefined> {
  const value = await readJson(file);
  const name = isObject(value) ? value.currentContext : undefined;
  return typeof name === 'string' ? name : undefined;
}

/** https://github.com/docker/cli/blob/master/cli/context/store/doc.go: folders are named by the hash of the name. */
export async function atContext(name: string, around: Surroundings, of?: string): Promise<EnginePlace> {
  const id = createHash('sha256').update(name).digest('hex');
  const contexts = join(configFolder(around), 'contexts');
  const meta = await readJson(join(contexts, 'meta', id, 'meta.json'));
  const endpoints = isObject(meta) ? meta.Endpoints : undefined;
  const endpoint = isObject(endpoints) ? endpoints.docker : undefined;
  const host = isObject(endpoint) ? endpoint.Host : undefined;
  if (typeof host !== 'string' || host === '') {
    throw new ServingError('unavailable', contextTrouble(meta !== undefined, name, of), {
      remedies: [{ kind: 'runDoctor' }, { kind: 'openSettings', setting: HOST_SETTING }],
    });
  }
  const address = toAddress(host, 'context', { context: name, ...(of !== undefined && { contextOf: of }) });
  const folder = join(contexts, 'tls', id, 'docker');
  const anyone = isObject(endpoint) && endpoint.SkipTLSVerify === true;
  const secured = anyone || (await exists(folder));
  return address.url.startsWith('tcp://') && secured
    ? { address, tls: await tlsFiles(folder, { anyone, optional: true }) }
    : { address };
}

function contextTrouble(isThere: boolean, name: string, of: string | undefined): string {
  if (of === undefined) {
    return isThere
      ? t('No engine is named by the Docker context {0}: choose another with docker context use', name)
      : t('There is no Docker context {0}: choose another with docker context use', name);
  }
  return isThere
    ? t(
        'No engine is named by the Docker context {0}, which {1} names: choose another with docker context use',
        name,
        of,
      )
    : t('There is no Docker context {0}, which {1} names: choose another with docker context use', name, of);
}

async function tlsFiles(folder: string, how: { anyone: boolean; optional?: boolean }): Promise<TlsFiles> {
  const read = (name: string): Promise<Buffer | undefined> =>
    readFile(join(folder, name)).catch((error: unknown) => {
      if ((how.optional ?? how.anyone) && isNodeError(error) && error.code === 'ENOENT') {
        return undefined;
      }
      throw new ServingError(
        'unavailable',
        t('The TLS files of the Docker engine cannot be read: {0}', messageOf(error)),
        {
          cause: error,
          remedies: [{ kind: 'runDoctor' }],
        },
      );
    });
  const [ca, cert, key] = await Promise.all(['ca.pem', 'cert.pem', 'key.pem'].map(read));
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }), ...(how.anyone && { anyone: true }) };
}

async function usualPlace(around: Surroundings): Promise<EnginePlace> {
  const places = usualPlaces(around);
  for (const url of places) {
    // A pipe of Windows cannot be looked at without being connected to.
    if (around.platform === 'win32' || (await isSocket(url.slice('unix://'.length)))) {
      return { address: { url, source: 'default' } };
    }
  }
  throw new ServingError('notFound', t('Docker was not found: install and start it, or name an engine'), {
    remedies: [{ kind: 'runDoctor' }, { kind: 'openSettings', setting: HOST_SETTING }],
  });
}

/** Where engines listen when nobody says otherwise, the Docker CLI's own first. */
export function usualPlaces({ env, platform, home, uid }: Surroundings): readonly string[] {
  if (platform === 'win32') {
    return ['npipe:////./pipe/docker_engine'];
  }
  const runtime = env.XDG_RUNTIME_DIR ?? (uid === undefined ? undefined : `/run/user/${uid}`);
  const paths = [
    '/var/run/docker.sock',
    ...(runtime === undefined ? [] : [join(runtime, 'docker.sock')]),
    ...['.docker/run', '.docker/desktop', '.orbstack/run', '.colima/default', '.rd'].map((folder) =>
      join(home, folder, 'docker.sock'),
    ),
    ...(runtime === undefined ? [] : [join(runtime, 'podman/podman.sock')]),
    join(home, '.local/share/containers/podman/machine/podman.sock'),
    '/run/podman/podman.sock',
  ];
  return paths.map((path) => `unix://${path}`);
}

export async function isSocket(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isSocket(),
    // A folder that may not be looked into: it is there, and connecting says why it does not work.
    (error: unknown) => isNodeError(error) && error.code === 'EACCES' && path === '/var/run/docker.sock',
  );
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Undefined: there is no such file. */
export async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as unknown;
  } catch (error) {
    if (isNodeError(error) && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) {
      return undefined;
    }
    throw new ServingError('unavailable', t('{0} cannot be read: {1}', file, messageOf(error)), {
      cause: error,
      remedies: [{ kind: 'openFile', file }],
    });
  }
}
