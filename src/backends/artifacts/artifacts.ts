import { rename, rm, stat, utimes } from 'node:fs/promises';
import path from 'node:path';
import type { Operation } from '../../core/backend';
import { ServingError } from '../../core/errors';
import { t } from '../../core/l10n';
import type { ModelRef } from '../../core/model';
import type { Difference } from '../../core/serving';
import { byteProgress } from '../../files/byteProgress';
import { copyFile, type CopyFile } from '../../files/copyFile';
import { ChangedWhileRead } from '../../files/copyTree';
import { fileError } from '../../files/fileError';
import type { FoundFile } from '../../files/walk';
import { assemble, bytesIn, moveInto, writeManifest } from './assemble';
import { differencesOf } from './differences';
import { Hashes } from './hashes';
import { fingerprintOf, type HashedFile, type Manifest, readManifest } from './manifest';
import { labelOf, missingArtifact, numberedDirectory, numbersIn } from './numbered';
import { pruneSnapshots } from './prune';
import { ARTIFACTS, filesToPack, type Packable, type Sources, sourcesOf, versionOf } from './sources';
import { checkArtifact } from './verify';

/** A packed artifact, as a run remembers it. */
export interface Packed {
  /** `<model>_<version>_<number>` or `MODEL-ONLY`. */
  readonly label: string;
  /** Folder that the serving answers from. */
  readonly directory: string;
  readonly fingerprint: string;
  /** Absolute path of the Predict script in it. */
  readonly script: string;
}

/** Something that is being packed, and where it belongs. */
interface Job {
  readonly definition: Packable;
  readonly sources: Sources;
  readonly context: string;
  readonly operation: Operation;
}

const MODEL_ONLY = 'MODEL-ONLY';

/** Packs what the servings of one workspace folder answer from. Rejects with ServingErrors only. */
export class Artifacts {
  private readonly hashes: Hashes;

  /** `cache`: absolute path of a folder for snapshots of model versions. */
  constructor(
    private readonly folder: string,
    private readonly cache: string,
    private readonly copy: CopyFile = copyFile,
  ) {
    this.hashes = new Hashes(path.join(cache, 'hashes.json'));
  }

  /**
   * - MODEL-ONLY: a snapshot of the version's folder in the cache, shared by all servings of the same content. A script
   *   that does not lie in the version is packed as CREATE.
   * - CREATE: the newest numbered artifact when it holds the same, else the next number.
   * - a number: that artifact, when it is there and as it was packed.
   *
   * Cancelled or failed: nothing is left behind.
   */
  async pack(definition: Packable, operation: Operation): Promise<Packed & { readonly cached: boolean }> {
    const { model, artifact } = definition;
    const label =
      typeof artifact === 'number' ? labelOf(model, artifact) : t('{0} version {1}', model.name, model.version);
    const context = t('Artifact of {0}', label);
    const job = { definition, sources: sourcesOf(this.folder, definition), context, operation };
    try {
      return typeof artifact === 'number' ? await this.existing(job, artifact) : await this.packTwice(job);
    } catch (error) {
      throw fileError(error, context, operation.signal);
    } finally {
      await this.hashes.save();
    }
  }

  /** What differs between what runs and what would be packed now; nothing for a numbered artifact that was chosen. */
  async differences(run: Packed, definition: Packable): Promise<readonly Difference[]> {
    if (typeof definition.artifact === 'number') {
      return [];
    }
    try {
      const manifest = await readManifest(run.directory);
      const sources = sourcesOf(this.folder, definition);
      const packed = path.relative(run.directory, run.script).split(path.sep).join('/');
      return manifest === undefined ? [] : await differencesOf(manifest, packed, sources, this.hashes);
    } catch (error) {
      throw fileError(error, t('Compare {0} with its artifact', definition.model.name));
    }
  }

  /** Takes away the snapshots that no run uses; those of the last hour stay, as another window may just start one. */
  async prune(inUse: readonly Pick<Packed, 'directory'>[]): Promise<void> {
    const used = inUse.map((each) => each.directory);
    await pruneSnapshots(this.cache, used);
  }

  /** Removes the numbered artifacts of a model version that no run uses; the newest stays. Returns their numbers. */
  async removeUnused(model: ModelRef, inUse: readonly Pick<Packed, 'directory'>[]): Promise<readonly number[]> {
    const used = new Set(inUse.map((each) => path.dirname(each.directory)));
    const version = versionOf(this.folder, model);
    const older = (await numbersIn(version)).slice(0, -1);
    const places = older.map((number) => ({ number, directory: path.join(version, ARTIFACTS, String(number)) }));
    const unused = places.filter(({ directory }) => !used.has(directory));
    try {
      for (const { directory } of unused) {
        await rm(directory, { recursive: true, force: true });
      }
    } catch (error) {
      throw fileError(error, t('Remove artifacts of {0} version {1}', model.name, model.version));
    }
    return unused.map(({ number }) => number);
  }

  private async existing(job: Job, number: number): Promise<Packed & { readonly cached: boolean }> {
    const { definition, sources, context } = job;
    const directory = numberedDirectory(sources.version, definition.model, number);
    const manifest = await readManifest(directory);
    if (manifest === undefined) {
      throw await missingArtifact(context, sources);
    }
    const script = manifest.script ?? sources.scriptName;
    if (path.posix.basename(script) !== path.basename(sources.script)) {
      const reason = t(
        'its Predict script is {0}, not {1}; a packed artifact never changes',
        script,
        sources.scriptName,
      );
      throw new ServingError('invalid', `${context}: ${reason}`, {
        remedies: [{ kind: 'openDefinition', field: 'script' }],
      });
    }
    const wrong = await checkArtifact(directory, manifest, this.hashes, job.operation.signal);
    if (wrong !== undefined) {
      const reason = t('{0}; choose CREATE to pack the files of today, or another number', wrong);
      throw new ServingError('conflict', `${context}: ${reason}`, {
        remedies: [{ kind: 'openDefinition', field: 'artifact' }],
      });
    }
    return { ...toPacked(directory, manifest, script), cached: true };
  }

  /** A file that changes while it is read gets one more chance. */
  private async packTwice(job: Job): Promise<Packed & { readonly cached: boolean }> {
    try {
      return await this.packOnce(job);
    } catch (error) {
      if (!(error instanceof ChangedWhileRead)) {
        throw error;
      }
    }
    try {
      return await this.packOnce(job);
    } catch (error) {
      if (error instanceof ChangedWhileRead) {
        throw new ServingError('conflict', `${job.context}: ${error.message}`, { cause: error });
      }
      throw error;
    }
  }

  private async packOnce(job: Job): Promise<Packed & { readonly cached: boolean }> {
    const { definition, sources, operation } = job;
    await checkVersion(job);
    const found = await filesToPack(sources, job.context, operation.signal);
    const files = await this.hashed(job, found);
    const isShared = definition.artifact === MODEL_ONLY && sources.isScriptInVersion;
    return isShared ? this.snapshot(job, files) : this.numbered(job, files);
  }

  private async hashed(job: Job, found: readonly FoundFile[]): Promise<readonly HashedFile[]> {
    const { signal } = job.operation;
    const onBytes = byteProgress(bytesIn(found), (message) => {
      job.operation.report({ stage: 'artifact', message: t('Reading {0}', message) });
    });
    const files: HashedFile[] = [];
    for (const file of found) {
      files.push({ ...file, sha256: await this.hashes.of(file, { signal, onBytes }) });
    }
    return files;
  }

  private async snapshot(job: Job, files: readonly HashedFile[]): Promise<Packed & { readonly cached: boolean }> {
    const { model } = job.definition;
    const name = `${model.name}_${model.version}`;
    const parent = path.join(this.cache, name);
    const fingerprint = fingerprintOf(files, undefined);
    const place = path.join(parent, fingerprint);
    const directory = path.join(place, name);
    const before = await this.reusable(directory, job);
    if (before?.fingerprint === fingerprint) {
      await utimes(place, new Date(), new Date());
      return { ...toPacked(directory, before, job.sources.scriptName), cached: true };
    }
    // Whatever lies there was tampered with; nothing else leads here with a folder of this name.
    await rm(place, { recursive: true, force: true });
    const manifest = { label: MODEL_ONLY, fingerprint };
    return this.put(job, files, manifest, parent, (scratch) => this.placeSnapshot(scratch, place, name));
  }

  /** Two at once make the same: the second takes what the first put there. */
  private async placeSnapshot(scratch: string, place: string, name: string): Promise<string> {
    await rename(path.join(scratch, 'files'), path.join(scratch, name));
    await moveInto(scratch, place);
    return path.join(place, name);
  }

  private async numbered(job: Job, files: readonly HashedFile[]): Promise<Packed & { readonly cached: boolean }> {
    const { sources } = job;
    const fingerprint = fingerprintOf(files, sources.scriptName);
    const same = await this.newestWith(job, fingerprint);
    if (same !== undefined) {
      return same;
    }
    const parent = path.join(sources.version, ARTIFACTS);
    const manifest = { label: '', fingerprint, script: sources.scriptName };
    return this.put(job, files, manifest, parent, (scratch) => this.placeNumbered(job, scratch));
  }

  /** The rename fails when another window took the number in the meantime: then the next one is tried. */
  private async placeNumbered(job: Job, scratch: string): Promise<string> {
    const { model } = job.definition;
    const manifest = await readManifest(path.join(scratch, 'files'));
    if (manifest === undefined) {
      throw new ServingError('internal', t('{0}: its folder was taken away while it was packed', job.context));
    }
    let current = 'files';
    for (;;) {
      const same = await this.newestWith(job, manifest.fingerprint);
      if (same !== undefined) {
        return same.directory;
      }
      const number = Math.max(0, ...(await numbersIn(job.sources.version))) + 1;
      const label = labelOf(model, number);
      await rename(path.join(scratch, current), path.join(scratch, label));
      current = label;
      await writeManifest(path.join(scratch, label), { ...manifest, label });
      if (await moveInto(scratch, path.join(job.sources.version, ARTIFACTS, String(number)))) {
        return numberedDirectory(job.sources.version, model, number);
      }
    }
  }

  private async newestWith(job: Job, fingerprint: string): Promise<(Packed & { readonly cached: true }) | undefined> {
    const number = (await numbersIn(job.sources.version)).at(-1);
    if (number === undefined) {
      return undefined;
    }
    const directory = numberedDirectory(job.sources.version, job.definition.model, number);
    const manifest = await this.reusable(directory, job);
    return manifest?.fingerprint === fingerprint
      ? { ...toPacked(directory, manifest, job.sources.scriptName), cached: true }
      : undefined;
  }

  /** The manifest of an artifact that is there and as it was packed. */
  private async reusable(directory: string, job: Job): Promise<Manifest | undefined> {
    const manifest = await readManifest(directory);
    const isSound =
      manifest !== undefined &&
      (await checkArtifact(directory, manifest, this.hashes, job.operation.signal).catch(broken)) === undefined;
    return isSound ? manifest : undefined;
  }

  /** Copies files into a hidden folder beside their place, then `place` moves it there in one step. */
  private async put(
    job: Job,
    files: readonly HashedFile[],
    about: Pick<Manifest, 'label' | 'fingerprint' | 'script'>,
    parent: string,
    place: (scratch: string) => Promise<string>,
  ): Promise<Packed & { readonly cached: boolean }> {
    const directory = await assemble({ files, about, parent, copy: this.copy, operation: job.operation, place });
    const manifest = await readManifest(directory);
    if (manifest === undefined) {
      throw new ServingError('internal', t('{0}: it was taken away while it was packed', job.context));
    }
    return { ...toPacked(directory, manifest, job.sources.scriptName), cached: false };
  }
}

async function checkVersion({ definition, sources, context }: Job): Promise<void> {
  const info = await stat(sources.version).catch(() => undefined);
  if (info?.isDirectory() !== true) {
    const { name, version } = definition.model;
    throw new ServingError('notFound', t('{0}: there is no folder Models/{1}/{2}', context, name, version), {
      remedies: [{ kind: 'openDefinition', field: 'model' }, { kind: 'exportModel' }],
    });
  }
}

function toPacked(directory: string, { label, fingerprint }: Manifest, script: string): Packed {
  return { label, directory, fingerprint, script: path.join(directory, script) };
}

/** What cannot be read cannot be used again. */
function broken(): string {
  return t('it cannot be read');
}
