import { join, relative, resolve, sep } from 'node:path';
import type { ServingDefinition } from '../../core/definition';
import type { Remedy } from '../../core/errors';
import type { Failure, ScriptException } from '../../core/serving';
import type { ArtifactRecord } from './ledger';

/** Knows for a file of an artifact which file of the workspace it is a copy of. */
export class Origin {
  constructor(
    private readonly folder: string,
    private readonly definition: ServingDefinition,
    private readonly artifact: ArtifactRecord | undefined,
  ) {}

  fileOf(file: string): string {
    const { artifact, definition } = this;
    if (artifact === undefined) {
      return file;
    }
    if (resolve(file) === resolve(artifact.script)) {
      return join(this.folder, definition.script);
    }
    const below = relative(artifact.directory, file);
    const inside = below !== '' && below !== '..' && !below.startsWith(`..${sep}`) && !below.includes(':');
    return inside ? join(this.folder, 'Models', definition.model.name, String(definition.model.version), below) : file;
  }

  failure(failure: Failure): Failure {
    return {
      ...failure,
      ...(failure.exception ? { exception: this.exception(failure.exception) } : {}),
      remedies: failure.remedies.map((remedy) => this.remedy(remedy)),
    };
  }

  exception(exception: ScriptException): ScriptException {
    return { ...exception, frames: exception.frames.map((frame) => ({ ...frame, file: this.fileOf(frame.file) })) };
  }

  private remedy(remedy: Remedy): Remedy {
    switch (remedy.kind) {
      case 'openFile':
        return { ...remedy, file: this.fileOf(remedy.file) };
      case 'showLogs':
        return { ...remedy, serving: this.definition.name };
      default:
        return remedy;
    }
  }
}
