import { readFile } from 'node:fs/promises';
import { devNull } from 'node:os';
import path from 'node:path';
import { t } from '../core/l10n';

/** Where pip looks for its settings. */
export interface PipPlaces {
  readonly env: NodeJS.ProcessEnv;
  readonly platform: NodeJS.Platform;
  readonly home: string;
  /** Folder of the interpreter or virtual environment. */
  readonly prefix: string;
}

/** pip's settings by their long names without `--` (`index-url`); the later source wins, as with pip. */
export type PipSettings = Readonly<Record<string, string>>;

/** What pip would read when it installs: its files, then `PIP_*`. Files that cannot be read are left out, as pip does. */
export async function readPipSettings(places: PipPlaces): Promise<PipSettings> {
  const files = await Promise.all(
    settingsFiles(places).map(async (file) => parseIni(await readFile(file, 'utf8').catch(() => ''))),
  );
  // What is said of installing wins over what is said of everything, whichever file says it.
  const settings: Record<string, string> = {};
  for (const section of ['global', 'install']) {
    Object.assign(settings, ...files.map((each) => each.get(section) ?? {}));
  }
  for (const [name, value] of Object.entries(places.env)) {
    if (/^PIP_/i.test(name) && value !== undefined && value !== '') {
      settings[longName(name.slice('PIP_'.length))] = value;
    }
  }
  delete settings['config-file'];
  return settings;
}

/** In the order in which pip reads them. A file of PIP_CONFIG_FILE stands in for the user's own. */
export function settingsFiles({ env, platform, home, prefix }: PipPlaces): readonly string[] {
  const own = env.PIP_CONFIG_FILE;
  if (own !== undefined && /^(?:\/dev\/null|nul)$/i.test(own)) {
    return [];
  }
  const last = own === undefined || own === '' ? [] : [own];
  const ofUser = (...list: readonly string[]): readonly string[] => (last.length > 0 ? [] : list);
  if (platform === 'win32') {
    const join = (...parts: readonly string[]): string => path.win32.join(...parts);
    const shared = env.PROGRAMDATA ?? 'C:\\ProgramData';
    const appData = env.APPDATA ?? join(home, 'AppData', 'Roaming');
    return [
      join(shared, 'pip', 'pip.ini'),
      ...ofUser(join(home, 'pip', 'pip.ini'), join(appData, 'pip', 'pip.ini')),
      join(prefix, 'pip.ini'),
      ...last,
    ];
  }
  const join = (...parts: readonly string[]): string => path.posix.join(...parts);
  const site = join(prefix, 'pip.conf');
  const config = env.XDG_CONFIG_HOME ?? join(home, '.config');
  const legacy = join(home, '.pip', 'pip.conf');
  if (platform === 'darwin') {
    const library = 'Library/Application Support/pip/pip.conf';
    return [join('/', library), ...ofUser(legacy, join(config, 'pip/pip.conf'), join(home, library)), site, ...last];
  }
  const shared = (env.XDG_CONFIG_DIRS ?? '/etc/xdg').split(':').filter((folder) => folder !== '');
  return [
    ...shared.map((folder) => join(folder, 'pip/pip.conf')),
    '/etc/pip.conf',
    ...ofUser(legacy, join(config, 'pip/pip.conf')),
    site,
    ...last,
  ];
}

function parseIni(text: string): Map<string, Record<string, string>> {
  const sections = new Map<string, Record<string, string>>();
  let section: Record<string, string> = {};
  let key: string | undefined;
  for (const raw of text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/)) {
    const line = raw.trim();
    const heading = /^\[([^\]]+)\]$/.exec(line);
    if (line === '' || /^[#;]/.test(line)) {
      continue;
    }
    if (heading) {
      section = sections.get(heading[1] ?? '') ?? {};
      sections.set(heading[1] ?? '', section);
      key = undefined;
    } else if (/^\s/.test(raw) && key !== undefined) {
      // A value goes on in lines that are set in: several indexes.
      section[key] = `${section[key] ?? ''}\n${line}`.trim();
    } else {
      const [, name, value] = /^([^=:]+?)\s*[=:]\s*(.*)$/.exec(line) ?? [];
      key = name === undefined ? undefined : longName(name);
      if (key !== undefined) {
        section[key] = value ?? '';
      }
    }
  }
  return sections;
}

function longName(name: string): string {
  const long = name.replace(/^--/, '').replaceAll('_', '-').toLowerCase();
  return long === 'default-timeout' ? 'timeout' : long;
}

/** Settings that say where to install or how much to tell: in an environment of ours they would lead astray. */
const NOT_HERE = new Set(
  'user target prefix root python report dry-run require-virtualenv quiet verbose log isolated'.split(' '),
);

/**
 * Settings as variables for the pip of an environment of ours, which reads no files: those beside the interpreter that
 * it was made from would be missing, and those about places would be wrong.
 */
export function pipEnvironment(settings: PipSettings, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const others = Object.entries(env).filter(([name]) => !/^PIP_/i.test(name));
  const ours = Object.entries(settings)
    .filter(([name]) => !NOT_HERE.has(name))
    .map(([name, value]) => [`PIP_${name.replaceAll('-', '_').toUpperCase()}`, value] as const);
  return { ...Object.fromEntries(others), ...Object.fromEntries(ours), PIP_CONFIG_FILE: devNull };
}

/** The same settings in uv's words. What is set for uv itself wins. */
export function uvEnvironment(settings: PipSettings, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const list = (name: string, separator: string): string | undefined =>
    settings[name]
      ?.split(/\s+/)
      .filter((each) => each !== '')
      .join(separator);
  const extra = list('extra-index-url', ' ');
  const wanted: Record<string, string | undefined> = {
    UV_DEFAULT_INDEX: env.UV_INDEX_URL === undefined ? settings['index-url'] : undefined,
    UV_INDEX: env.UV_EXTRA_INDEX_URL === undefined ? extra : undefined,
    // pip takes the best version of all indexes, uv that of the first which has the package at all.
    UV_INDEX_STRATEGY: extra === undefined ? undefined : 'unsafe-best-match',
    UV_FIND_LINKS: list('find-links', ','),
    UV_HTTP_TIMEOUT: settings.timeout?.replace(/\..*$/, ''),
    UV_HTTP_RETRIES: settings.retries,
    UV_INSECURE_HOST: list('trusted-host', ' '),
    UV_CONSTRAINT: list('constraint', ' '),
    UV_REQUIRE_HASHES: isOn(settings['require-hashes']) ? 'true' : undefined,
    UV_PRERELEASE: isOn(settings.pre) ? 'allow' : undefined,
    UV_KEYRING_PROVIDER: settings['keyring-provider'] === 'subprocess' ? 'subprocess' : undefined,
    SSL_CERT_FILE: settings.cert,
    SSL_CLIENT_CERT: settings['client-cert'],
    // Companies put their own authority into the system's store.
    UV_SYSTEM_CERTS: settings.cert === undefined && env.SSL_CERT_FILE === undefined ? 'true' : undefined,
    ...proxies(settings.proxy, env),
  };
  return Object.fromEntries(
    Object.entries(wanted).filter(([name, value]) => value !== undefined && value !== '' && env[name] === undefined),
  );
}

/** uv knows these as arguments only. */
export function uvArguments(settings: PipSettings): readonly string[] {
  const packages = (name: string): readonly string[] =>
    (settings[name] ?? '').split(/[\s,]+/).filter((each) => each !== '');
  return [
    ...(isOn(settings['no-index']) ? ['--no-index'] : []),
    ...packages('no-binary').flatMap((each) => ['--no-binary', each]),
    ...packages('only-binary').flatMap((each) => ['--only-binary', each]),
  ];
}

function proxies(proxy: string | undefined, env: NodeJS.ProcessEnv): Record<string, string> {
  if (proxy === undefined || env.https_proxy !== undefined || env.http_proxy !== undefined) {
    return {};
  }
  const address = proxy.includes('://') ? proxy : `http://${proxy}`;
  return { HTTPS_PROXY: address, HTTP_PROXY: address };
}

function isOn(value: string | undefined): boolean {
  return value !== undefined && /^(?:1|true|yes|on)$/i.test(value);
}

/** Where packages are asked for, in words for users: without user names and passwords. */
export function indexText(settings: PipSettings, env: NodeJS.ProcessEnv): string {
  if (isOn(settings['no-index'])) {
    return settings['find-links'] === undefined
      ? t('no index (no-index is set)')
      : withoutSecrets(settings['find-links']);
  }
  const main = env.UV_DEFAULT_INDEX ?? env.UV_INDEX_URL ?? settings['index-url'] ?? 'PyPI';
  const extra = (env.UV_INDEX ?? env.UV_EXTRA_INDEX_URL ?? settings['extra-index-url'] ?? '').split(/\s+/);
  return [main, ...extra]
    .filter((each) => each !== '')
    .map(withoutSecrets)
    .join(', ');
}

/** A text with the user names and passwords of its addresses taken out. */
export function withoutSecrets(text: string): string {
  return text.replace(/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@'"]*@/gi, '$1');
}
