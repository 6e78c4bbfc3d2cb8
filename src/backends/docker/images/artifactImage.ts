import path from 'node:path';
import { ServingError, toServingError } from '../../../core/errors';
import { t } from '../../../core/l10n';
import type { ModelRef } from '../../../core/model';
import { walk } from '../../../files/walk';
import { type Manifest, readManifest } from '../../artifacts/manifest';
import type { BuildEntry, BuildSpec, Labels } from '../engine/port';
import type { BuildOperation } from '../ports';
import { builtOnce, ImageGone } from './builtOnce';
import type { EnvironmentImage, ImageTools } from './environmentImage';
import { buildFailure } from './failures';
import { hashOf, LABEL, tagOf } from './names';
import { BuildWatch } from './progress';

const failed = () => t('The image with model and script could not be built');
/** Everybody may read them, whatever they may on this computer; the folders have the same mode. */
const COPY = 'COPY --chown=0:0 --chmod=0755';

export interface ArtifactImageRequest {
  readonly environment: Pick<EnvironmentImage, 'tag' | 'id'>;
  /** As the packer made it: its manifest lies beside its folder. */
  readonly artifact: {
    readonly label: string;
    readonly directory: string;
    readonly fingerprint: string;
    readonly script: string;
  };
  readonly model: ModelRef;
  readonly serving: { readonly name: string; readonly folder: string; readonly folderHash: string };
}

export interface ArtifactImage {
  readonly tag: string;
  readonly id: string;
  readonly cached: boolean;
}

/**
 * The image that a serving's replicas run: script on model on environment. The model's files are an image of their own
 * in between, so that they are not sent again when only the script has changed, nor to another environment. Rejects
 * with ImageGone when the environment is not there any more, else with ServingErrors.
 */
export async function artifactImage(
  request: ArtifactImageRequest,
  tools: ImageTools,
  operation: BuildOperation,
): Promise<ArtifactImage> {
  try {
    return await new Build(request, tools, operation).artifact();
  } catch (error) {
    if (error instanceof ImageGone) {
      throw error;
    }
    throw toServingError(error, 'unavailable', failed());
  }
}

class Build {
  private readonly watch: BuildWatch;

  constructor(
    private readonly request: ArtifactImageRequest,
    private readonly tools: ImageTools,
    private readonly operation: BuildOperation,
  ) {
    this.watch = new BuildWatch(operation, tools.log, 'image');
  }

  async artifact(): Promise<ArtifactImage> {
    const { environment, artifact, model, serving } = this.request;
    const script = path.relative(artifact.directory, artifact.script).split(path.sep).join('/');
    const files = await this.files(script);
    const modelFiles = hashOf(files.model.map(({ name, sha256 }) => [name, sha256]));
    const about = `${model.name} version ${String(model.version)}`;
    const tag = tagOf(
      'artifact',
      hashOf(environment.id, artifact.fingerprint, script, model, serving.folderHash, serving.name),
    );
    const built = await this.once(tag, async () => {
      const below = files.model.length === 0 ? environment.tag : await this.model(files.model, modelFiles, about);
      this.watch.report(t('Adding the script'));
      await this.build({
        tag,
        labels: {
          ...ours('artifact', `${serving.name}: ${about}, artifact ${artifact.label}`),
          [LABEL.serving]: serving.name,
          [LABEL.folder]: serving.folderHash,
          [LABEL.folderPath]: serving.folder,
          [LABEL.environment]: environment.tag,
          ...(below !== environment.tag && { [LABEL.modelImage]: below }),
          [LABEL.fingerprint]: artifact.fingerprint,
        },
        dockerfile: `FROM ${below}\n${COPY} script ${this.place}/\n`,
        context: this.entries('script', files.script),
      });
    });
    return { tag, id: built.image.id, cached: built.cached };
  }

  /** Tag of the image with the model's files on the environment. */
  private async model(files: readonly NamedFile[], modelFiles: string, about: string): Promise<string> {
    const { environment, model } = this.request;
    const tag = tagOf('model', hashOf(environment.id, model, modelFiles));
    await this.once(tag, async () => {
      await this.environmentIsThere();
      const key = hashOf(model, modelFiles);
      const labels = {
        ...ours('model', about),
        [LABEL.environment]: environment.tag,
        [LABEL.modelFiles]: key,
      };
      const other = await this.sameModel(key);
      this.watch.report(other === undefined ? t('Sending the model') : t('Adding the model'));
      const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
      this.tools.log.info(`The model has ${(bytes / 1e6).toFixed(1)} MB`);
      const copy = other === undefined ? `${COPY} model` : `COPY --from=${other} ${this.place}`;
      await this.build({
        tag,
        labels,
        dockerfile: `FROM ${environment.tag}\n${copy} ${this.place}/\n`,
        context: other === undefined ? this.entries('model', files) : [],
      });
    });
    return tag;
  }

  /** An image with the same model on another environment: the engine has the files already. */
  private async sameModel(modelFiles: string): Promise<string | undefined> {
    const images = await this.tools.engine.listImages({ [LABEL.role]: 'model', [LABEL.modelFiles]: modelFiles });
    return images.flatMap(({ tags }) => tags.filter((tag) => tag.startsWith('model-serving/model:')))[0];
  }

  /** Where the hops module would find them in a project. */
  private get place(): string {
    const { name, version } = this.request.model;
    return `/serving/Models/${name}/${String(version)}`;
  }

  private entries(folder: string, files: readonly NamedFile[]): readonly BuildEntry[] {
    const { directory } = this.request.artifact;
    return files.map(({ name }) => ({ path: `${folder}/${name}`, from: path.join(directory, ...name.split('/')) }));
  }

  /** What is likely to change with the script, and the model. */
  private async files(
    script: string,
  ): Promise<{ readonly script: readonly NamedFile[]; readonly model: readonly NamedFile[] }> {
    const { artifact } = this.request;
    const manifest = await readManifest(artifact.directory);
    const files = manifest?.files ?? (await this.unlisted());
    const isCode = ({ name }: NamedFile): boolean => name === script || name.endsWith('.py');
    if (!files.some(({ name }) => name === script)) {
      throw new ServingError('notFound', t('{0}: {1} is not in the artifact {2}', failed(), script, artifact.label), {
        remedies: [{ kind: 'openDefinition', field: 'script' }],
      });
    }
    return { script: files.filter(isCode), model: files.filter((file) => !isCode(file)) };
  }

  /** An artifact without its list: what identifies its files is the fingerprint alone. */
  private async unlisted(): Promise<readonly NamedFile[]> {
    const { directory, fingerprint } = this.request.artifact;
    const found = await walk(directory, { signal: this.operation.signal, skip: () => false });
    return found.map(({ name, bytes }) => ({ name, bytes, sha256: fingerprint }));
  }

  private once(tag: string, build: () => Promise<void>): ReturnType<typeof builtOnce> {
    const { engine, locks } = this.tools;
    const onWait = (): void => {
      this.watch.report(t('Waiting: it is being built already'));
    };
    return builtOnce({ engine, tag, locks, what: failed(), signal: this.operation.signal, onWait }, build);
  }

  private async environmentIsThere(): Promise<void> {
    const { tag } = this.request.environment;
    if (!(await this.tools.engine.inspectImage(tag))) {
      throw new ImageGone(tag);
    }
  }

  private async build(spec: BuildSpec): Promise<void> {
    const { signal } = this.operation;
    const from = /^FROM (\S+)/.exec(spec.dockerfile)?.[1] ?? '';
    const { engine, log } = this.tools;
    if (!(await engine.inspectImage(from))) {
      throw new ImageGone(from);
    }
    try {
      await engine.buildImage(spec, this.watch.take, signal);
    } catch (error) {
      if (!signal.aborted && !(await engine.inspectImage(from).catch(() => true))) {
        throw new ImageGone(from);
      }
      const failure = buildFailure({ what: failed(), error, output: this.watch.output, signal });
      log.error(failure.message);
      throw failure;
    }
  }
}

type NamedFile = Pick<Manifest['files'][number], 'name' | 'sha256' | 'bytes'>;

function ours(role: 'model' | 'artifact', about: string): Labels {
  return {
    [LABEL.ours]: '1',
    [LABEL.role]: role,
    [LABEL.built]: new Date().toISOString(),
    [LABEL.about]: about,
  };
}
