import type { Remedy } from './errors';

/** One project of one Hopsworks server, as it is kept in the settings. The API key lies elsewhere. */
export interface Connection {
  readonly id: string;
  /** `https://host` or `https://host:port`, without a path. */
  readonly address: string;
  readonly project: string;
  readonly options: ConnectionOptions;
}

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
    return 'Enter the name of a project';
  }
  return PROJECT_NAME.test(name)
    ? undefined
    : 'Use the name of the project, not its number or its path: letters, digits and _';
}

/** What is wrong with an API key, without saying what it is; undefined when it looks right. */
export function checkKey(key: string): string | undefined {
  const text = key.trim();
  if (text === '') {
    return 'Enter an API key';
  }
  return /^[^.\s]+\.[^.\s]+$/.test(text) ? undefined : 'An API key has two parts with a "." between: copy all of it';
}

function readAddress(text: string): URL | string {
  const typed = text.trim();
  if (typed === '') {
    return 'Enter the address of the server: https://hopsworks.example.com';
  }
  let url: URL;
  try {
    url = new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(typed) ? typed : `https://${typed}`);
  } catch {
    return 'This is no address: use https://hopsworks.example.com or https://hopsworks.example.com:8182';
  }
  if (url.username !== '' || url.password !== '') {
    return 'Leave user and password out of the address: the API key is asked for by itself';
  }
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isThisComputer(url.hostname))) {
    return url;
  }
  return url.protocol === 'http:'
    ? 'Use https: over http anybody on the way could read the API key'
    : 'Use an address that begins with https://';
}

function isThisComputer(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
}
