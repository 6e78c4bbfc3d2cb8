import path from 'node:path';
import * as vscode from 'vscode';
import type { Prompts } from '../../app/prompts';
import { BACK } from '../../app/prompts';
import { REQUESTS_SUFFIX } from '../../app/requests/requestsFiles';
import type { RequestsFile, RequestsFiles } from '../../app/requests/requestsFiles';
import type { RequestsPlaces } from '../../app/requests/requestsPlaces';
import type { SavedRequest } from '../../app/requests/requestsText';
import { ServingError } from '../../core/errors';
import { t } from '../../core/l10n';
import type { Serving, ServingRef } from '../../core/serving';

export interface SaverPorts {
  readonly prompts: Prompts;
  readonly files: RequestsFiles;
  readonly places: RequestsPlaces;
}

/** Saves requests of one serving under names that it asks for. */
export class RequestSaver {
  constructor(
    private readonly ref: ServingRef,
    private readonly serving: () => Serving | undefined,
    private readonly ports: SaverPorts,
    private readonly saved: () => void,
  ) {}

  /** Resolves with the name that it got. */
  async save(title: string, request: SavedRequest): Promise<string> {
    const file = await this.fileToSaveIn();
    const base = path.basename(file);
    const { requests } = await this.readable(file, title);
    const name = await this.ports.prompts.input({
      title,
      prompt: t('Name of the request in {0}', base),
      value: request.name,
      check: (value) => (value.trim() === '' ? t('Give it a name') : undefined),
    });
    if (name === BACK) {
      throw ServingError.cancelled(title);
    }
    if (requests.some((each) => each.name === name)) {
      const detail = t(
        '{0} has a request of this name. Its body, and what was expected of another body, are replaced.',
        base,
      );
      await this.ports.prompts.confirm(t('Replace the request {0}?', name), detail, t('Replace'));
    }
    await this.ports.files.save(file, { ...request, name });
    this.saved();
    return name;
  }

  private async readable(file: string, title: string): Promise<RequestsFile> {
    const saved = await this.ports.files.read(file);
    const isUnsaved = vscode.workspace.textDocuments.some(({ uri, isDirty }) => isDirty && uri.fsPath === file);
    const problem = isUnsaved ? t('it has changes that are not saved') : saved.isBroken ? saved.problem : undefined;
    if (problem !== undefined) {
      throw new ServingError('invalid', t('{0} was not possible: {1}: {2}', title, path.basename(file), problem));
    }
    return saved;
  }

  private async fileToSaveIn(): Promise<string> {
    const serving = this.serving();
    const known = serving && (await this.ports.places.of(serving));
    if (known !== undefined) {
      return known;
    }
    const { ref } = this;
    const proposed = this.ports.places.proposed(ref.name);
    const chosen = await vscode.window.showSaveDialog({
      title: t('Where to Save the Requests of {0}', ref.name),
      filters: { 'Saved requests': ['json'] },
      ...(proposed === undefined ? {} : { defaultUri: vscode.Uri.file(proposed) }),
    });
    if (chosen === undefined) {
      throw ServingError.cancelled(t('Save Request'));
    }
    const file = chosen.fsPath.endsWith(REQUESTS_SUFFIX)
      ? chosen.fsPath
      : chosen.fsPath.replace(/(\.requests)?(\.json)?$/, REQUESTS_SUFFIX);
    this.ports.places.choose(ref, file);
    return file;
  }
}
