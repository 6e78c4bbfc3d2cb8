import { randomBytes } from 'node:crypto';
import type { HopsworksClient } from './client';
import { HopsworksError } from './failures';
import { fieldsAt, itemsOf, parsed, textAt, type Scope } from './wire';

/** Entries of a folder that are asked for at a time, as the official client asks. */
const PAGE = 1000;
/** Hopsworks lists no more than so many. */
const MOST = 10_000;

/** Small files of a project's datasets: paths are below the project, `Resources/iris/predict.py`. */
export class ProjectFiles {
  constructor(
    private readonly client: HopsworksClient,
    private readonly project: number,
    private readonly projectName: string,
  ) {}

  /** Names of what a folder holds; undefined: there is no such folder. */
  async list(path: string, signal: AbortSignal): Promise<readonly string[] | undefined> {
    const names: string[] = [];
    for (let offset = 0; offset < MOST; offset += PAGE) {
      const query = { action: 'listing', offset: String(offset), limit: String(PAGE), sort_by: 'NAME:asc' };
      const answer = await this.ask('GET', path, 'DATASET_VIEW', signal, query);
      if (answer === undefined) {
        return undefined;
      }
      const page = itemsOf(parsed(answer)).flatMap((item) => nameOf(fieldsAt(item, 'attributes')) ?? []);
      names.push(...page);
      if (page.length < PAGE) {
        break;
      }
    }
    return names;
  }

  async exists(path: string, signal: AbortSignal): Promise<boolean> {
    return (await this.ask('GET', path, 'DATASET_VIEW', signal)) !== undefined;
  }

  /** The text of a file; undefined: there is none. */
  async read(path: string, signal: AbortSignal): Promise<string | undefined> {
    return this.ask('GET', path, 'DATASET_VIEW', signal, { type: 'DATASET' }, '/dataset/download/with_auth');
  }

  /** Makes a folder with all above it; tells each that was not there, the outermost first. */
  async makeFolder(path: string, onMade: (folder: string) => void, signal: AbortSignal): Promise<void> {
    const pieces = path.split('/');
    for (const [index] of pieces.entries()) {
      const folder = pieces.slice(0, index + 1).join('/');
      if (!(await this.exists(folder, signal))) {
        const query = { action: 'create', searchable: 'true', generate_readme: 'false', type: 'DATASET' };
        await this.client.json(this.call('POST', folder, 'DATASET_CREATE', query), signal);
        onMade(folder);
      }
    }
  }

  /** One piece, whole: for scripts and the like. One that is there is in the way. */
  async upload(folder: string, name: string, content: Uint8Array, signal: AbortSignal): Promise<void> {
    const boundary = `----model-serving-${randomBytes(12).toString('hex')}`;
    const fields = {
      templateId: '-1',
      flowChunkSize: String(content.byteLength),
      flowTotalSize: String(content.byteLength),
      flowIdentifier: `${String(content.byteLength)}_${name}`,
      flowFilename: name,
      flowRelativePath: name,
      flowTotalChunks: content.byteLength === 0 ? '0' : '1',
      flowCurrentChunkSize: String(content.byteLength),
      flowChunkNumber: '1',
    };
    const head = Object.entries(fields).map(
      ([field, value]) => `--${boundary}\r\nContent-Disposition: form-data; name="${field}"\r\n\r\n${value}\r\n`,
    );
    const file = `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${quoted(name)}"\r\n\r\n`;
    const body = Buffer.concat([Buffer.from(head.join('') + file), content, Buffer.from(`\r\n--${boundary}--\r\n`)]);
    const call = this.call('POST', folder, 'DATASET_CREATE', undefined, '/dataset/upload');
    await this.client.json(
      { ...call, body, type: `multipart/form-data; boundary=${boundary}`, timeout: 120_000 },
      signal,
    );
  }

  /** One that is not there is right as well. */
  async remove(path: string, signal: AbortSignal): Promise<void> {
    await this.ask('DELETE', path, 'DATASET_DELETE', signal);
  }

  /** Any refusal that is theirs and is about the path means that it is not there, as the official client takes it. */
  private async ask(
    method: 'GET' | 'DELETE',
    path: string,
    scope: Scope,
    signal: AbortSignal,
    query?: Readonly<Record<string, string>>,
    route?: string,
  ): Promise<string | undefined> {
    const call = this.call(method, path, scope, query, route);
    const answer = await this.client.send(call, signal);
    try {
      if (answer.status < 200 || answer.status > 299) {
        this.client.read(call.what, scope, answer);
      }
      return answer.body;
    } catch (error) {
      if (error instanceof HopsworksError && (error.status === 400 || error.status === 404) && error.errorCode) {
        return undefined;
      }
      throw error;
    }
  }

  private call(
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    scope: Scope,
    query?: Readonly<Record<string, string>>,
    route = '/dataset',
  ): Parameters<HopsworksClient['json']>[0] {
    // A whole path is one piece of theirs.
    const encoded = encodeURIComponent(`/Projects/${this.projectName}/${path}`);
    return {
      what: `Could not ${WORDS[method]} ${path}`,
      scope,
      method,
      path: `/project/${this.project}${route}/${encoded}`,
      ...(query ? { query } : {}),
    };
  }
}

const WORDS = { GET: 'look at', POST: 'write', DELETE: 'delete' } as const;

function nameOf(attributes: Readonly<Record<string, unknown>>): string | undefined {
  return textAt(attributes, 'name') ?? textAt(attributes, 'path')?.split('/').at(-1);
}

function quoted(name: string): string {
  return name.replace(/["\\\r\n]/g, '_');
}
