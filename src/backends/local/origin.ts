import path from 'node:path';
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
    /** How paths of the artifact are written. */
    private readonly paths: Pick<path.PlatformPath, 'relative' | 'resolve' | 'sep'> = path,
  ) {}

  fileOf(file: string): string {
    const { artifact, definition, paths } = this;
    if (artifact === undefined) {
      return file;
    }
    if (paths.resolve(file) === paths.resolve(artifact.script)) {
      return path.join(this.folder, definition.script);
    }
    const below = paths.relative(artifact.directory, file);
    const inside = below !== '' && below !== '..' && !below.startsWith(`..${paths.sep}`) && !below.includes(':');
    return inside
      ? path.join(this.folder, 'Models', definition.model.name, String(definition.model.version), below)
      : file;
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
