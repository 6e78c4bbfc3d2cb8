import { rm } from 'node:fs/promises';
import { messageOf } from '../../core/errors';
import type { InferenceLogPart, InferenceLogState } from '../../core/inferenceLog';
import { t } from '../../core/l10n';
import type { ServingRef } from '../../core/serving';
import { FolderServings, type ServingContext } from './folderServings';
import { deleteRecords, newestFile, tidyRecords } from './inferenceLogFiles';
import { readInferenceLog } from './inferenceLogReader';
import { InferenceLogPaths } from './paths';
import type { InferenceLogSettings } from './ports';

/** The local inference logs of one workspace folder's servings: files that outlive runs, and go with `remove`. */
export abstract class RecordedServings extends FolderServings {
  protected abstract recordingSettings(): InferenceLogSettings | undefined;
  protected abstract readInferenceLogState(name: string, signal: AbortSignal): Promise<InferenceLogState | undefined>;

  async inferenceLogState(ref: ServingRef, signal: AbortSignal): Promise<InferenceLogState | undefined> {
    return this.guard(t('Could not read what {0} records', ref.name), () =>
      this.readInferenceLogState(ref.name, signal),
    );
  }

  async inferenceLog(ref: ServingRef, since: string | undefined, signal: AbortSignal): Promise<InferenceLogPart> {
    return this.guard(t('Could not read the inference log of {0}', ref.name), async () => {
      const { folders, name } = this.inferenceLogPaths(ref.name);
      const part = await readInferenceLog(folders, name, since, signal);
      if (part.bytes.length > 0) {
        return part;
      }
      await this.collectRecords(name, signal);
      return readInferenceLog(folders, name, since, signal);
    });
  }

  async inferenceLogFile(ref: ServingRef, signal: AbortSignal): Promise<string | undefined> {
    return this.guard(t('Could not find the inference log of {0}', ref.name), async () => {
      await this.collectRecords(ref.name, signal);
      return newestFile(this.inferenceLogPaths(ref.name));
    });
  }

  async deleteInferenceLog(ref: ServingRef, signal: AbortSignal): Promise<void> {
    await this.guard(t('Could not delete the inference log of {0}', ref.name), async () => {
      await this.dropRecords(ref.name, signal);
      await deleteRecords(this.inferenceLogPaths(ref.name));
    });
  }

  protected inferenceLogPaths(name: string): InferenceLogPaths {
    return new InferenceLogPaths(this.common.storage, name);
  }

  /** Brings records here that were written elsewhere. */
  protected collectRecords(_name: string, _signal: AbortSignal): Promise<void> {
    return Promise.resolve();
  }

  /** Records that were written elsewhere are taken away, or at least not brought here any more. */
  protected dropRecords(_name: string, _signal: AbortSignal): Promise<void> {
    return Promise.resolve();
  }

  protected async removeRecords(name: string): Promise<void> {
    await rm(this.inferenceLogPaths(name).directory, { recursive: true, force: true });
  }

  protected override async tidy(context: ServingContext): Promise<void> {
    await super.tidy(context);
    try {
      await tidyRecords(this.common.storage, this.recordingSettings());
    } catch (error) {
      this.log.warn(`could not take away old records: ${messageOf(error)}`);
    }
  }
}
