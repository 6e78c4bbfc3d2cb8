import { createHash } from 'node:crypto';
import type { Operation } from '../../core/backend';
import { couldNot, type ServingVerb } from '../../core/couldNot';
import type { LocalBackendKind, ServingDefinition } from '../../core/definition';
import { parseDefinition, writeDefinition } from '../../core/definitionText';
import { messageOf, ServingError, toServingError } from '../../core/errors';
import { Emitter } from '../../core/events';
import { t } from '../../core/l10n';
import { labelled, type Logger } from '../../core/log';
import type { Trust, WorkspaceFolder } from '../../core/ports';
import type { BackendId, Difference, ServingRef } from '../../core/serving';
import { withLock } from '../../environments/lock';
import type { DefinitionFile, DefinitionFiles } from '../definitions/definitionFiles';
import type { Http } from '../http';
import { requestCancel } from './cancelFile';
import type { Ledger, RunRecord } from './ledger';
import { ServingPaths, storagesIn } from './paths';
import type { Packer, SecretValues } from './ports';
import { tidyRuns } from './runFolders';
import type { ServingTopics } from './servingTopics';
import { backendOf, lastRuns, wantedServings, type Wanted } from './wanted';

export interface LocalBackendParts {
  readonly folder: WorkspaceFolder;
  /** Where the state of this folder's servings lies; the same for every window of the folder and for all its backends. */
  readonly storage: string;
  readonly definitions: DefinitionFiles;
  readonly http: Http;
  readonly packer: Packer;
  readonly secrets: SecretValues;
  /** Undefined: nothing can be sent to Kafka. */
  readonly topics?: ServingTopics;
  readonly trust: Trust;
  readonly log: Logger;
}

/** What the start and the end of one serving's runs need, whatever it runs on. */
export interface ServingContext {
  readonly paths: ServingPaths;
  readonly ledger: Ledger;
}

type Owned = Awaited<ReturnType<DefinitionFiles['get']>>;

/**
 * The servings of one workspace folder for one backend of this computer: the definitions, the ledger, the lock of each
 * serving and who may do what are the same for all.
 */
export abstract class FolderServings {
  readonly id: BackendId;
  protected readonly log: Logger;
  protected readonly changed = new Emitter<ServingRef | undefined>();
  readonly onDidChange = this.changed.event;
  /** Where this backend keeps its own of the folder's state. */
  protected readonly place: string;

  constructor(
    readonly kind: LocalBackendKind,
    protected readonly common: LocalBackendParts,
  ) {
    this.id = localBackendId(kind, common.folder.path);
    this.log = labelled(common.log, `${kind} ${common.folder.name}`);
    this.place = storagesIn(common.storage)[kind];
  }

  protected abstract readonly needs: string;

  dispose(): void {
    this.changed.dispose();
  }

  protected paths(name: string): ServingPaths {
    return new ServingPaths(this.place, name);
  }

  /** What the files ask for and what runs without one, by name. */
  protected async wanted(_signal: AbortSignal): Promise<ReadonlyMap<string, Wanted>> {
    const storages = storagesIn(this.common.storage);
    const { definitions } = this.common;
    return wantedServings(definitions, this.place, async (file) => this.shows(await backendOf(file, storages), file));
  }

  protected shows(kind: LocalBackendKind, _file: DefinitionFile): boolean {
    return kind === this.kind;
  }

  protected async packedDifferences(run: RunRecord | undefined, wanted: Wanted): Promise<readonly Difference[]> {
    if (run?.artifact === undefined || wanted.problem !== undefined) {
      return [];
    }
    try {
      return await this.common.packer.differences(run.artifact, wanted.definition);
    } catch (error) {
      this.log.warn(`could not compare ${wanted.definition.name} with its artifact: ${messageOf(error)}`);
      return [];
    }
  }

  protected async locked<T>(ref: ServingRef, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    try {
      return await withLock(
        this.paths(ref.name).lock,
        { what: t('Waiting for another operation on {0}', ref.name), signal },
        work,
      );
    } finally {
      this.changed.fire(ref);
    }
  }

  /** Asks whoever starts the serving, in whichever window, to give up, and then does the work. */
  protected async afterOthers(ref: ServingRef, operation: Operation, work: () => Promise<void>): Promise<void> {
    const asked = await requestCancel(this.paths(ref.name).cancel);
    try {
      await this.locked(ref, operation.signal, work);
    } finally {
      await asked.withdraw();
    }
  }

  protected async guard<T>(context: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw toServingError(error, 'internal', context);
    }
  }

  protected checkTrusted(context: string): void {
    if (!this.common.trust.isTrusted) {
      throw new ServingError('untrusted', t('{0}: this workspace is not trusted, so nothing of it is run', context), {
        remedies: [{ kind: 'trust' }],
      });
    }
  }

  /** The definition, which another backend may have by now. */
  protected async own(name: string, verb: ServingVerb): Promise<Owned> {
    const file = await this.common.definitions.get(name);
    if (file.definition.backend !== this.kind) {
      throw new ServingError(
        'conflict',
        t('{0}: its definition is for {1} now, not for {2}', couldNot(verb, name), file.definition.backend, this.needs),
        { remedies: [{ kind: 'openDefinition', field: 'backend' }] },
      );
    }
    return file;
  }

  /** What could not be read again is not written. */
  protected checkWritable(definition: ServingDefinition, verb: 'create' | 'update' | 'move'): void {
    const context = couldNot(verb, definition.name);
    if (definition.backend !== this.kind) {
      throw new ServingError('invalid', t('{0}: it is for {1}, not for {2}', context, definition.backend, this.needs));
    }
    const issue = parseDefinition(writeDefinition(definition)).issues[0];
    if (issue) {
      throw new ServingError('invalid', `${context}: ${issue.message}`, {
        remedies: [{ kind: 'openDefinition', field: issue.field }],
      });
    }
  }

  /** Takes away what old runs left; a serving is no worse for what stays. */
  protected async tidy({ paths, ledger }: ServingContext): Promise<void> {
    try {
      const run = await ledger.read();
      await tidyRuns(paths, run ? [run.instance] : []);
      const runs = await Promise.all(Object.values(storagesIn(this.common.storage)).map(lastRuns));
      const inUse = runs
        .flat()
        .flatMap(({ artifact, successor, lastGood }) => [artifact, successor?.artifact, lastGood?.artifact]);
      await this.common.packer.prune(inUse.filter((artifact) => artifact !== undefined));
    } catch (error) {
      this.log.warn(`could not tidy up after ${paths.name}: ${messageOf(error)}`);
    }
  }
}

export function localBackendId(kind: LocalBackendKind, folder: string): BackendId {
  return `${kind}:${createHash('sha256').update(folder).digest('hex').slice(0, 12)}` as BackendId;
}
