import { t } from '../../core/l10n';
import { isObject } from '../../core/objects';
import type { HttpRetry } from '../http';
import type { Call } from './calls';
import type { HopsworksClient } from './client';
import { isPassing, isTheir } from './failures';
import { ERROR, fieldsAt, itemsOf, numberAt, textAt } from './wire';

/** A file or a folder of the project. */
export interface Entry {
  readonly name: string;
  readonly isFolder: boolean;
  readonly bytes: number;
}

const PAGE = 1000;
/** Of a file, without an answer or a byte in between. */
const STALL_MS = 120_000;
const TRIES: HttpRetry = { tries: 5, firstMs: 500 };

/** The project's files, by their paths from `/Projects`. */
export class Datasets {
  constructor(
    private readonly client: HopsworksClient,
    private readonly project: number,
    /** How often what is large is sent or fetched again when the way breaks. */
    private readonly retry: HttpRetry = TRIES,
  ) {}

  /** Undefined: it is not there. */
  async find(path: string, signal: AbortSignal): Promise<Entry | undefined> {
    const what = t('Could not look up {0}', path);
    const call = { what, scope: 'DATASET_VIEW', method: 'GET', path: this.at(path) } as const;
    try {
      return toEntry(await this.client.json(call, signal));
    } catch (error) {
      if (isAbsent(error)) {
        return undefined;
      }
      throw error;
    }
  }

  /** What is in a folder; undefined: it is not there. */
  async list(path: string, signal: AbortSignal): Promise<readonly Entry[] | undefined> {
    const what = t('Could not list {0}', path);
    const found = new Map<string, Entry>();
    try {
      for (let offset = 0; ; offset += PAGE) {
        const query = { action: 'listing', offset: String(offset), limit: String(PAGE), sort_by: 'NAME:desc' };
        const call = { what, scope: 'DATASET_VIEW', method: 'GET', path: this.at(path), query } as const;
        const entries = itemsOf(await this.client.json(call, signal)).map(toEntry);
        const before = found.size;
        for (const entry of entries) {
          found.set(entry.name, entry);
        }
        // A server that does not know of pages gives the same ones again.
        if (entries.length < PAGE || found.size === before) {
          return [...found.values()];
        }
      }
    } catch (error) {
      if (isAbsent(error)) {
        return undefined;
      }
      throw error;
    }
  }

  /** Rejects with `exists` when it is there. */
  async makeFolder(path: string, signal: AbortSignal): Promise<void> {
    const what = t('Could not make the folder {0}', path);
    const query = { action: 'create', searchable: 'true', generate_readme: 'false', type: 'DATASET' };
    const call = { what, scope: 'DATASET_CREATE', method: 'POST', path: this.at(path), query } as const;
    await this.unlessThere(path, this.client.json(call, signal), signal);
  }

  async move(path: string, to: string, signal: AbortSignal): Promise<void> {
    const what = t('Could not move {0} to {1}', path, to);
    const query = { action: 'move', destination_path: to, destination_type: 'DATASET' };
    const call = { what, scope: 'DATASET_CREATE', method: 'POST', path: this.at(path), query } as const;
    await this.unlessThere(to, this.client.json(call, signal), signal);
  }

  /** With all that is in it; nothing happens when it is not there. */
  async remove(path: string, signal: AbortSignal): Promise<void> {
    const what = t('Could not delete {0}', path);
    try {
      const call = { what, scope: 'DATASET_DELETE', method: 'DELETE', path: this.at(path) } as const;
      await this.client.json({ ...call, retry: this.retry }, signal);
    } catch (error) {
      if (!isAbsent(error)) {
        throw error;
      }
    }
  }

  /** Sends a chunk of a file into a folder; again when the way broke, as the same chunk may come twice. */
  async upload(
    folder: string,
    name: string,
    form: Pick<Call, 'type' | 'body'>,
    onSent: (bytes: number) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const what = t('Could not upload {0}', name);
    const path = `/project/${this.project}/dataset/upload/${encodeURIComponent(folder)}`;
    const call = { what, scope: 'DATASET_CREATE', method: 'POST', path, ...form } as const;
    await this.client.json({ ...call, timeout: STALL_MS, retry: this.retry, onSent }, signal);
  }

  /** Whether a chunk came that was sent before: by what it was sent with. */
  async hasChunk(folder: string, fields: Readonly<Record<string, string>>, signal: AbortSignal): Promise<boolean> {
    const path = `/project/${this.project}/dataset/upload/${encodeURIComponent(folder)}`;
    const call = { what: t('Could not look for a chunk'), scope: 'DATASET_CREATE', method: 'GET', path } as const;
    const { status } = await this.client.send({ ...call, query: fields }, signal);
    return status === 200;
  }

  /** Writes a file of the project to one of this computer. */
  async download(path: string, file: string, onBytes: (count: number) => void, signal: AbortSignal): Promise<void> {
    const what = t('Could not download {0}', path);
    const at = `/project/${this.project}/dataset/download/with_auth/${encodeURIComponent(path)}`;
    const call = { what, scope: 'DATASET_VIEW', method: 'GET', path: at, query: { type: 'DATASET' } } as const;
    await this.client.download({ ...call, timeout: STALL_MS, retry: this.retry }, file, onBytes, signal);
  }

  /** An answer that was lost may have been a yes: then what was asked for is there. */
  private async unlessThere(path: string, asked: Promise<unknown>, signal: AbortSignal): Promise<void> {
    try {
      await asked;
    } catch (error) {
      if (!isPassing(error) || (await this.find(path, signal)) === undefined) {
        throw error;
      }
    }
  }

  /** The whole path is one piece, as the official clients send it. */
  private at(path: string): string {
    return `/project/${this.project}/dataset/${encodeURIComponent(path)}`;
  }
}

function isAbsent(error: unknown): boolean {
  return isTheir(error, ERROR.noDataset, ERROR.noPath);
}

function toEntry(value: unknown): Entry {
  const attributes = isObject(value) ? fieldsAt(value, 'attributes') : {};
  const path = textAt(attributes, 'path') ?? '';
  return {
    name: textAt(attributes, 'name') ?? path.slice(path.lastIndexOf('/') + 1),
    isFolder: attributes.dir === true,
    bytes: numberAt(attributes, 'size') ?? 0,
  };
}
