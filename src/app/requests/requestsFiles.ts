import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { isNodeError, ServingError, toServingError } from '../../core/errors';
import { t } from '../../core/l10n';
import { replaceFile } from '../../files/replaceFile';
import { parseRequests, withRequest, type ParsedRequests, type SavedRequest } from './requestsText';

export const REQUESTS_SUFFIX = '.requests.json';

export interface RequestsFile extends ParsedRequests {
  readonly exists: boolean;
}

/** The file beside a script that its requests are saved in. */
export function requestsFileOf(script: string): string {
  const { dir, name } = path.parse(script);
  return path.join(dir, `${name}${REQUESTS_SUFFIX}`);
}

/** Reads and writes files of saved requests. */
export class RequestsFiles {
  /** Two that are saved at once wait for each other. */
  private last: Promise<void> = Promise.resolve();

  /** Never rejects: what is wrong is told in the result. */
  async read(file: string): Promise<RequestsFile> {
    try {
      return { exists: true, ...parseRequests(await readFile(file, 'utf8')) };
    } catch (error) {
      if (isNodeError(error) && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) {
        return { exists: false, requests: [], isBroken: false };
      }
      const { message } = toServingError(error, 'disk', t('It cannot be read'));
      return { exists: true, requests: [], problem: message, isBroken: true };
    }
  }

  /** Adds a request, or puts it in place of the one of its name. Rejects with `invalid` when the file is broken. */
  async save(file: string, request: SavedRequest): Promise<void> {
    const turn = this.last.then(() => this.write(file, request));
    this.last = turn.catch(() => undefined);
    await turn;
  }

  private async write(file: string, request: SavedRequest): Promise<void> {
    const { exists, isBroken, problem } = await this.read(file);
    if (isBroken) {
      throw new ServingError(
        'invalid',
        t('Could not save {0}: {1} is not right: {2}', request.name, path.basename(file), problem ?? ''),
        {
          remedies: [{ kind: 'openFile', file }],
        },
      );
    }
    try {
      await replaceFile(file, withRequest(exists ? await readFile(file, 'utf8') : undefined, request));
    } catch (error) {
      throw toServingError(error, 'disk', t('Could not write {0}', file));
    }
  }
}
