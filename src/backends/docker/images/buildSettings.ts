import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageOf, ServingError } from '../../../core/errors';
import { t } from '../../../core/l10n';
import { pipEnvironment, type PipSettings, uvEnvironment, withoutSecrets } from '../../../environments/pipSettings';
import { isToolsOwn } from '../../../files/toolsOwn';
import { walk } from '../../../files/walk';
import type { BuildEntry } from '../engine/port';
import { BUILD_FOLDER, quoted } from './makeScript';

const PROXIES = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'ALL_PROXY'];
const OF_UV =
  /^UV_(?:DEFAULT_INDEX|INDEX|INDEX_URL|EXTRA_INDEX_URL|INDEX_STRATEGY|INSECURE_HOST|HTTP_TIMEOUT|PRERELEASE|TORCH_BACKEND)$/;
/** The proxies are build arguments, so that they are in no file. */
const PROXY_VARIABLE = /^(?:PIP_|HTTPS?_)PROXY$/;
const PACKAGE = /\.(?:whl|zip|tar\.gz|tar\.bz2|tgz)$/i;
const LOCAL_HOST = /^(?:[a-z][a-z0-9+.-]*:)?\/\/(?:[^\s/@]*@)?(?:localhost|127(?:\.\d+){3}|\[::1\])(?=[:/]|$).*$/gim;

/** What the user's settings put into a build, beside the requirements. */
export interface BuildSettings {
  /** settings.sh */
  readonly text: string;
  readonly entries: readonly BuildEntry[];
  /** Build arguments that BuildKit neither stores nor shows: proxies. */
  readonly buildArgs: Readonly<Record<string, string>>;
  /** Indexes and proxies that listen on the computer itself only: the build has to share its network. No passwords. */
  readonly localAddresses: readonly string[];
}

/** Files that were named by their place on this computer, in the build. */
export interface Local {
  readonly text: string;
  readonly entries: readonly BuildEntry[];
}

/**
 * pip's settings of the user, and proxies and authorities of the environment, for both pip and uv in a build. Rejects
 * with `package` when a file that they name cannot be read.
 */
export async function buildSettings(
  settings: PipSettings,
  env: NodeJS.ProcessEnv,
  requirements: string,
  signal: AbortSignal,
): Promise<BuildSettings> {
  const entries: BuildEntry[] = [];
  const inBuild: Record<string, string> = { ...settings };
  const put = async (name: string, file: string | undefined, as: string): Promise<void> => {
    if (file !== undefined && file !== '') {
      entries.push({ path: `build/${as}`, content: await contentOf(file, name), mode: 0o644 });
      inBuild[name] = `${BUILD_FOLDER}/${as}`;
    }
  };
  await put('cert', authorityOf(settings, env), 'authority.pem');
  await put('constraint', settings.constraint, 'settings-constraints.txt');
  // A key must not lie on the engine's disk.
  delete inBuild['client-cert'];
  delete inBuild['cache-dir'];
  delete inBuild['keyring-provider'];
  if (settings['find-links'] !== undefined) {
    const links = settings['find-links'].split(/\s+/).filter((each) => each !== '');
    const found = await Promise.all(links.map((each, index) => findLinks(each, `links${index}`, signal)));
    inBuild['find-links'] = found.map(({ text }) => text).join(' ');
    entries.push(...found.flatMap((each) => each.entries));
  }
  const proxies = proxiesOf(settings, env);
  const ofUv = Object.fromEntries(Object.entries(env).filter(([name]) => OF_UV.test(name)));
  const { UV_SYSTEM_CERTS: _, ...forUv } = uvEnvironment(inBuild, ofUv);
  const forPip = pipEnvironment(inBuild, {});
  const authority = inBuild.cert === undefined ? {} : { REQUESTS_CA_BUNDLE: inBuild.cert, SSL_CERT_FILE: inBuild.cert };
  const all: NodeJS.ProcessEnv = { ...ofUv, ...forPip, ...forUv, ...authority };
  const text = Object.entries(all)
    .filter(([name]) => !PROXY_VARIABLE.test(name))
    .map(([name, value]) => `export ${name}=${quoted(value ?? '')}\n`)
    .join('');
  const known = [text, requirements, ...Object.values(proxies)].join('\n').replace(/['"\s=]+/g, '\n');
  const localAddresses = [...new Set((known.match(LOCAL_HOST) ?? []).map(withoutSecrets))];
  return { text, entries, buildArgs: proxies, localAddresses };
}

/** Whether an address in a text has a user name or password. */
export function hasPassword(text: string): boolean {
  return withoutSecrets(text) !== text;
}

/** The file of authorities that pip would trust. */
function authorityOf(settings: PipSettings, env: NodeJS.ProcessEnv): string | undefined {
  const files = [settings.cert, env.REQUESTS_CA_BUNDLE, env.CURL_CA_BUNDLE, env.SSL_CERT_FILE, env.NODE_EXTRA_CA_CERTS];
  return files.find((file) => file !== undefined && file !== '');
}

function proxiesOf(settings: PipSettings, env: NodeJS.ProcessEnv): Record<string, string> {
  const ofEnv = PROXIES.flatMap((name) => {
    const value = env[name.toLowerCase()] ?? env[name];
    return value === undefined || value === '' ? [] : [[name, value] as const];
  });
  const { proxy } = settings;
  const address = proxy === undefined || proxy.includes('://') ? proxy : `http://${proxy}`;
  const all = {
    ...Object.fromEntries(ofEnv),
    ...(address !== undefined && address !== '' && { HTTP_PROXY: address, HTTPS_PROXY: address }),
  };
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, value]) => [
      [name, value],
      [name.toLowerCase(), value],
    ]),
  );
}

async function contentOf(file: string, name: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new ServingError('package', t('pip\'s setting "{0}" names {1}: {2}', name, file, messageOf(error)), {
      cause: error,
      remedies: [{ kind: 'runDoctor' }],
    });
  }
}

/** A folder of packages goes with the build; an address stays as it is. */
async function findLinks(link: string, as: string, signal: AbortSignal): Promise<Local> {
  if (/^(?!file:)[a-z][a-z0-9+.-]+:/i.test(link)) {
    return { text: link, entries: [] };
  }
  const file = link.startsWith('file:') ? fileURLToPath(link) : link;
  const info = await stat(file).catch(() => undefined);
  if (!info?.isDirectory()) {
    // pip looks there and goes on without it.
    return { text: link, entries: [] };
  }
  const found = await walk(file, { signal, skip: (name) => isToolsOwn(name) || /\/.*\//.test(name) });
  const entries = found
    .filter(({ name }) => PACKAGE.test(name) && !name.includes('/'))
    .map(({ name, path: from }): BuildEntry => ({ path: `build/${as}/${name}`, from }));
  const empty: BuildEntry = { path: `build/${as}/links.txt`, content: '' };
  return { text: `${BUILD_FOLDER}/${as}`, entries: [...entries, empty] };
}

/** Requirements whose packages lie on this computer: the packages go with the build, and are named by their place there. */
export async function withLocalPackages(requirements: string, as: string, signal: AbortSignal): Promise<Local> {
  const entries: BuildEntry[] = [];
  const lines: string[] = [];
  for (const [index, line] of requirements.split('\n').entries()) {
    const address = /(?:^|[\s=])(file:\/\/[^\s;[]+)/.exec(line)?.[1];
    if (address === undefined) {
      lines.push(line);
      continue;
    }
    const local = await localPackage(address, `${as}${index}`, signal);
    entries.push(...local.entries);
    // There is nothing to edit in an image.
    lines.push(line.replace(address, local.text).replace(/^--editable\s+/, ''));
  }
  return { text: lines.join('\n'), entries };
}

async function localPackage(address: string, as: string, signal: AbortSignal): Promise<Local> {
  const file = fileURLToPath(address);
  const info = await stat(file).catch(() => undefined);
  if (info?.isDirectory()) {
    const found = await walk(file, { signal, skip: isToolsOwn });
    const entries = found.map(({ name, path: from }): BuildEntry => ({ path: `build/${as}/${name}`, from }));
    return { text: `file://${BUILD_FOLDER}/${as}`, entries };
  }
  if (!info) {
    throw new ServingError('package', t('The requirements name {0}: there is no such file', file));
  }
  const name = path.basename(file);
  return {
    text: `file://${BUILD_FOLDER}/${as}/${encodeURIComponent(name)}`,
    entries: [{ path: `build/${as}/${name}`, from: file }],
  };
}
