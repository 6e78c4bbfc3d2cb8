import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { configFolder, type Surroundings } from './address';

const HELPER_MS = 20_000;

/** Who the user is at a registry, as `docker login` left it. */
export interface Logins {
  of(registry: string): Promise<Login | undefined>;
}

export interface Login {
  readonly user: string;
  readonly secret: string;
}

/** Reads the CLI's config.json each time, and asks the credential helper that it names. Never rejects: not known, not logged in. */
export class DockerLogins implements Logins {
  constructor(private readonly around: () => Surroundings) {}

  async of(registry: string): Promise<Login | undefined> {
    try {
      const text = await readFile(join(configFolder(this.around()), 'config.json'), 'utf8');
      const config = JSON.parse(text) as DockerConfig;
      // BuildKit asks for the host that it talks to; the CLI keeps Docker Hub under the address of old.
      const name = /^(registry-1\.)?docker\.io$/.test(registry) ? 'https://index.docker.io/v1/' : registry;
      const helper = config.credHelpers?.[name] ?? config.credsStore;
      return helper === undefined ? fromText(config.auths?.[name]?.auth) : await ask(helper, name);
    } catch {
      return undefined;
    }
  }
}

interface DockerConfig {
  readonly auths?: Readonly<Record<string, { readonly auth?: string }>>;
  readonly credHelpers?: Readonly<Record<string, string>>;
  readonly credsStore?: string;
}

function fromText(auth: string | undefined): Login | undefined {
  const [, user, secret] = /^([^:]+):(.*)$/s.exec(Buffer.from(auth ?? '', 'base64').toString()) ?? [];
  return user === undefined || secret === undefined ? undefined : { user, secret };
}

/** https://github.com/docker/docker-credential-helpers: the registry on standard input, JSON on standard output. */
async function ask(helper: string, registry: string): Promise<Login | undefined> {
  if (!/^[\w.-]+$/.test(helper)) {
    return undefined;
  }
  const answer = await new Promise<string>((resolve, reject) => {
    const child = spawn(`docker-credential-${helper}`, ['get'], {
      stdio: ['pipe', 'pipe', 'ignore'],
      windowsHide: true,
      timeout: HELPER_MS,
    });
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
    child.stdin.on('error', () => undefined).end(registry);
    child.once('error', reject).once('close', () => {
      resolve(text);
    });
  });
  const { Username, Secret } = JSON.parse(answer) as { Username?: string; Secret?: string };
  return Username === undefined || Secret === undefined || Secret === ''
    ? undefined
    : { user: Username, secret: Secret };
}
