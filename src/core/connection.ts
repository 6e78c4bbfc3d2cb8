import type { Remedy } from './errors';
import { t } from './l10n';

/** One project of one Hopsworks server, as it is kept in the settings. The API key lies elsewhere. */
export interface Connection {
  readonly id: string;
  /** `https://host` or `https://host:port`, without a path. */
  readonly address: string;
  readonly project: string;
  readonly options: ConnectionOptions;
}

/** What a connection is known by. */
export type ConnectionRef = Pick<Connection, 'id' | 'address' | 'project'>;

export interface ConnectionOptions {
  /** Path of a PEM file with the certificates of one's own authority. */
  readonly caFile?: string;
  /** Whether the certificate has to be for the host's name. */
  readonly checkHostName: boolean;
}

/** API keys, by the id of their connection. They are kept nowhere else. */
export interface ConnectionKeys {
  get(connection: string): Promise<string | undefined>;
}

/** One thing that a connection lacks, or that it has. */
export interface ConnectionFinding {
  readonly what: 'address' | 'certificate' | 'key' | 'project' | 'role' | 'scope';
  /** Of the scope, the role or the project. */
  readonly name?: string;
  readonly isMissing: boolean;
  /** A sentence. */
  readonly message: string;
  readonly remedies: readonly Remedy[];
}

const PROJECT_NAME = /^[a-zA-Z0-9](?:_?[a-zA-Z0-9]){0,87}$/;

/** What is wrong with an address as it is typed; undefined when it is right. */
export function checkAddress(text: string): string | undefined {
  const read = readAddress(text);
  return typeof read === 'string' ? read : undefined;
}

/** `https://host:port` of what was typed or copied from the browser; only for what `checkAddress` is content with. */
export function toAddress(text: string): string {
  const read = readAddress(text);
  if (typeof read === 'string') {
    throw new TypeError(read);
  }
  return read.origin;
}

/** What is wrong with the name of a project; undefined when it is right. */
export function checkProject(name: string): string | undefined {
  if (name === '') {
    return t('Enter the name of a project');
  }
  return PROJECT_NAME.test(name)
    ? undefined
    : t('Use the name of the project, not its number or its path: letters, digits and _');
}

/** What is wrong with an API key, without saying what it is; undefined when it looks right. */
export function checkKey(key: string): string | undefined {
  const text = key.trim();
  if (text === '') {
    return t('Enter an API key');
  }
  return /^[^.\s]+\.[^.\s]+$/.test(text) ? undefined : t('An API key has two parts with a "." between: copy all of it');
}

function readAddress(text: string): URL | string {
  const typed = text.trim();
  if (typed === '') {
    return t('Enter the address of the server: https://hopsworks.example.com');
  }
  let url: URL;
  try {
    url = new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(typed) ? typed : `https://${typed}`);
  } catch {
    return t('This is no address: use https://hopsworks.example.com or https://hopsworks.example.com:8182');
  }
  if (url.username !== '' || url.password !== '') {
    return t('Leave user and password out of the address: the API key is asked for by itself');
  }
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isThisComputer(url.hostname))) {
    return url;
  }
  return url.protocol === 'http:'
    ? t('Use https: over http anybody on the way could read the API key')
    : t('Use an address that begins with https://');
}

function isThisComputer(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
}

/** The connections of a setting `{"<id>": {"address": …, "project": …}}`; what is not right in it is left out. */
export function toConnections(value: unknown): readonly Connection[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return [];
  }
  return Object.entries(value).flatMap(([id, each]: [string, unknown]) => {
    if (typeof each !== 'object' || each === null) {
      return [];
    }
    const { address, project, caFile, checkHostName } = each as Record<string, unknown>;
    if (typeof address !== 'string' || typeof project !== 'string') {
      return [];
    }
    if (checkAddress(address) !== undefined || checkProject(project) !== undefined) {
      return [];
    }
    const options = {
      ...(typeof caFile === 'string' && caFile !== '' ? { caFile } : {}),
      checkHostName: checkHostName !== false,
    };
    return [{ id, address: toAddress(address), project, options }];
  });
}

/** What the official clients would connect to. */
export interface KnownElsewhere {
  readonly address?: string;
  readonly project?: string;
  readonly caFile?: string;
  readonly keys: readonly KnownKey[];
}

export interface KnownKey {
  readonly key: string;
  /** The environment variable or the file that holds it. */
  readonly source: string;
  /** The only host that it is for, or with a `.` before it, hosts below it; undefined: it is not said. */
  readonly host?: string;
}

/** A file that an official client would read a key from. */
export interface KeyFile {
  readonly path: string;
  readonly text: string;
  readonly host?: string;
}

/** Reads `HOPSWORKS_HOST`, `_PORT`, `_PROJECT`, `_TRUST_STORE_PATH` and `_API_KEY`; of a file, the first line is the key. */
export function knownElsewhere(
  env: Readonly<Record<string, string | undefined>>,
  keyFiles: readonly KeyFile[] = [],
): KnownElsewhere {
  const text = (name: string): string | undefined => {
    const value = env[`HOPSWORKS_${name}`]?.trim();
    return value === '' ? undefined : value;
  };
  const [host, port, project, caFile] = ['HOST', 'PORT', 'PROJECT', 'TRUST_STORE_PATH'].map(text);
  const typed = host === undefined ? undefined : port === undefined ? host : `${host}:${port}`;
  const address = typed !== undefined && checkAddress(typed) === undefined ? toAddress(typed) : undefined;
  const own = text('API_KEY');
  const keys: readonly KnownKey[] = [
    ...(own === undefined
      ? []
      : [{ key: own, source: 'HOPSWORKS_API_KEY', ...(address ? { host: new URL(address).hostname } : {}) }]),
    ...keyFiles.map(({ path, text: file, host: only }) => ({
      key: file.trim().split(/\r?\n/)[0]?.trim() ?? '',
      source: path,
      ...(only === undefined ? {} : { host: only }),
    })),
  ];
  return {
    ...(address === undefined ? {} : { address }),
    ...(project !== undefined && checkProject(project) === undefined ? { project } : {}),
    ...(caFile === undefined ? {} : { caFile }),
    keys: keys.filter(({ key }) => checkKey(key) === undefined),
  };
}

/** The first key that may be for a server: none that is known to be for another one. */
export function knownKey({ keys }: KnownElsewhere, address: string): KnownKey | undefined {
  const { hostname } = new URL(address);
  return keys.find(
    ({ host }) => host === undefined || (host.startsWith('.') ? hostname.endsWith(host) : hostname === host),
  );
}
