import type { ServingDefinition } from '../../../core/definition';
import { isCancelled, ServingError } from '../../../core/errors';
import { t } from '../../../core/l10n';
import type { Framework } from '../../../core/model';
import type { Pythons } from '../../../environments/python';
import { folderHash } from '../labels';
import type { ArtifactRecord } from '../../local/ledger';
import type { BuildOperation, EnvironmentImage as Environment, Images } from '../ports';
import { artifactImage } from './artifactImage';
import { ImageGone } from './builtOnce';
import { environmentImage, type ImageTools } from './environmentImage';
import { type ImageRequirements, imageRequirements } from './imageRequirements';

export interface DockerImagesTools extends ImageTools {
  readonly pythons: Pick<Pythons, 'describe' | 'inspect' | 'installed'>;
  /** The interpreter on this computer that a definition's script belongs to. */
  interpreterOf(definition: ServingDefinition, signal: AbortSignal): Promise<string>;
  /** The library of the model. */
  frameworkOf(definition: ServingDefinition): Framework | undefined;
}

/** The images of one workspace folder's servings. */
export class DockerImages implements Images {
  constructor(
    private readonly folder: string,
    private readonly tools: DockerImagesTools,
  ) {}

  /** What will be installed for a serving; whoever watches agrees to it before the first build. */
  async requirements(definition: ServingDefinition, signal: AbortSignal): Promise<ImageRequirements> {
    const { pythons } = this.tools;
    const python = await this.tools.interpreterOf(definition, signal);
    const framework = this.tools.frameworkOf(definition);
    return imageRequirements({ folder: this.folder, definition, framework, python }, pythons, signal);
  }

  async environment(definition: ServingDefinition, operation: BuildOperation): Promise<Environment> {
    const { python, cached, tag } = await this.make(definition, operation);
    return { image: tag, python: python ?? '', ...(cached && { note: 'cached' }) };
  }

  async artifact(
    environment: Environment,
    artifact: ArtifactRecord,
    definition: ServingDefinition,
    operation: BuildOperation,
  ): Promise<{ readonly image: string; readonly note?: string }> {
    const once = async (tag: string): Promise<{ readonly image: string; readonly note?: string }> => {
      const found = await this.tools.engine.inspectImage(tag);
      if (!found) {
        throw new ImageGone(tag);
      }
      const made = await artifactImage(
        {
          environment: { tag, id: found.id },
          artifact,
          model: definition.model,
          serving: { name: definition.name, folder: this.folder, folderHash: folderHash(this.folder) },
        },
        this.tools,
        operation,
      );
      return { image: made.tag, ...(made.cached && { note: 'cached' }) };
    };
    try {
      return await once(environment.image);
    } catch (error) {
      if (!(error instanceof ImageGone)) {
        throw error;
      }
      this.tools.log.warn(`${error.message}: it is built again`);
    }
    try {
      return await once((await this.make(definition, operation)).tag);
    } catch (error) {
      throw error instanceof ImageGone
        ? new ServingError('conflict', t('{0} could not get its image: {1}', definition.name, error.message), {
            cause: error,
          })
        : error;
    }
  }

  private async make(definition: ServingDefinition, operation: BuildOperation): ReturnType<typeof environmentImage> {
    const { signal } = operation;
    operation.report({ stage: 'environment', message: t('Reading the requirements') });
    const [requirements, python] = await Promise.all([
      this.requirements(definition, signal),
      this.python(definition, signal),
    ]);
    const serving = { folder: this.folder, name: definition.name };
    return environmentImage({ requirements, serving, ...(python && { python }) }, this.tools, operation);
  }

  private async python(definition: ServingDefinition, signal: AbortSignal) {
    try {
      return await this.tools.pythons.describe(await this.tools.interpreterOf(definition, signal), signal);
    } catch (error) {
      if (isCancelled(error)) {
        throw error;
      }
      return undefined;
    }
  }
}
