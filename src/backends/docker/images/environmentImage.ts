import { isCancelled, toServingError } from '../../../core/errors';
import { t } from '../../../core/l10n';
import type { Logger } from '../../../core/log';
import { listed } from '../../../environments/installer';
import { SPEED_UPS } from '../../../environments/makeEnvironment';
import {
  indexText,
  type PipSettings,
  readPipSettings,
  uvArguments,
  withoutSecrets,
} from '../../../environments/pipSettings';
import { type Snapshot, takeSnapshot } from '../../../environments/snapshot';
import { isHeld } from '../../local/held';
import type { Engine, ImageDetail } from '../engine/port';
import type { BuildOperation } from '../ports';
import { agreedTo } from './agreement';
import { builtOnce, lockOf } from './builtOnce';
import { buildSettings, hasPassword, withLocalPackages } from './buildSettings';
import { environmentFailure } from './failures';
import type { ImageRequirements } from './imageRequirements';
import { BUILD_FOLDER, makeScript, mounts, type Script, type TextName, TEXTS } from './makeScript';
import { hashOf, LABEL, tagOf } from './names';
import { BuildWatch } from './progress';
import { BASE_SETTING, baseImageOf, checkArchitecture, pullBase } from './pullBase';
import { serverEntries } from './serverEntries';

const failed = () => t('The environment image could not be built');

export interface ImageTools {
  readonly engine: Engine;
  readonly log: Logger;
  /** Variables with the user's settings for pip, uv, proxies and authorities. */
  readonly env: NodeJS.ProcessEnv;
  readonly home: string;
  /** Folder of our server as it was built: `run.py` is in it. */
  readonly serverRoot: string;
  /** Folder of the locks that the windows of this computer share. */
  readonly locks: string;
  /** Folder that tells what was agreed to, for all windows; without it, nobody is asked. */
  readonly agreed?: string;
  /** The setting for the base image; '' or undefined: the official one. */
  baseImage(): string | undefined;
}

export interface EnvironmentImageRequest {
  readonly requirements: ImageRequirements;
  /** The interpreter on this computer whose version and pip settings are followed. */
  readonly python?: { readonly version: string; readonly prefix: string };
  /** For whom it is: a first build is agreed to for each serving. */
  readonly serving?: { readonly folder: string; readonly name: string };
}

export interface EnvironmentImage {
  readonly tag: string;
  readonly id: string;
  /** Hash in the tag. */
  readonly key: string;
  /** The base image. */
  readonly base: string;
  /** `3.11.7`; undefined when the base image does not say. */
  readonly python?: string;
  readonly cached: boolean;
}

/**
 * The image with base, packages and our server, built when it is not there; shared by all servings that need the same.
 * Rejects with `cancelled`, `package`, `disk`, `notFound`, `unavailable` or `unreachable`.
 */
export async function environmentImage(
  request: EnvironmentImageRequest,
  tools: ImageTools,
  operation: BuildOperation,
): Promise<EnvironmentImage> {
  try {
    return await ensure(request, tools, operation);
  } catch (error) {
    throw toServingError(error, 'unavailable', failed());
  }
}

async function ensure(
  { requirements, python, serving }: EnvironmentImageRequest,
  tools: ImageTools,
  operation: BuildOperation,
): Promise<EnvironmentImage> {
  const { engine, env, home } = tools;
  const { signal } = operation;
  const base = baseImageOf(tools.baseImage(), python?.version);
  const [settings, snapshot, server, { architecture }, foundBase] = await Promise.all([
    readPipSettings({ env, platform: process.platform, home, prefix: python?.prefix ?? '/' }),
    takeSnapshot(requirements.text, requirements.folder, requirements.file),
    serverEntries(tools.serverRoot, signal),
    engine.info(signal),
    engine.inspectImage(base),
  ]);
  const mark = hashOf(base, architecture, snapshot.hash, ...sourcesOf(settings, env));
  const content = hashOf(mark, server.hash, recipe(base, { ...USUAL, mark }));
  const plan: Plan = { tools, settings, snapshot, server, base, mark, content, requirements };

  const found = foundBase ? undefined : await withoutItsBase(engine, content);
  if (found) {
    return { ...found, base, cached: true };
  }
  const agreement = { base, requirements, snapshot, key: hashOf(serving, mark), agreed: tools.agreed };
  if (!foundBase) {
    await agreedTo(agreement, operation);
  }
  const image = foundBase ?? (await pullBase(engine, base, operation));
  checkArchitecture(base, image, architecture);
  const key = hashOf(content, image.id);
  const tag = tagOf('environment', key);
  const onWait = (): void => {
    operation.report({ stage: 'environment', message: t('Waiting: it is being built already') });
  };
  const once = { engine, tag, locks: tools.locks, what: failed(), signal, onWait };
  const there = await engine.inspectImage(tag);
  if (there) {
    return { ...toEnvironment(tag, there), base, cached: true };
  }
  const isBuiltNow = await isHeld(lockOf(once));
  if (foundBase && !isBuiltNow) {
    await agreedTo(agreement, operation);
  }
  const built = await builtOnce(once, () => build(plan, tag, image, operation));
  return { ...toEnvironment(tag, built.image), base, cached: built.cached };
}

interface Plan {
  readonly tools: ImageTools;
  readonly settings: PipSettings;
  readonly snapshot: Snapshot;
  readonly server: Awaited<ReturnType<typeof serverEntries>>;
  readonly base: string;
  readonly mark: string;
  readonly content: string;
  readonly requirements: ImageRequirements;
}

/** What decides which packages are installed; no passwords. */
function sourcesOf(settings: PipSettings, env: NodeJS.ProcessEnv): readonly string[] {
  const names = ['find-links', 'no-index', 'pre', 'no-binary', 'only-binary', 'constraint', 'require-hashes'];
  return [indexText(settings, env), ...names.map((name) => withoutSecrets(settings[name] ?? ''))];
}

/** An environment whose base image was cleaned away serves as well. */
async function withoutItsBase(
  engine: Engine,
  content: string,
): Promise<Omit<EnvironmentImage, 'base' | 'cached'> | undefined> {
  const images = await engine.listImages({ [LABEL.role]: 'environment', [LABEL.content]: content });
  return images.flatMap(({ id, labels, tags }) => {
    const tag = tags.find((each) => each.startsWith('model-serving/environment:'));
    return tag === undefined ? [] : [toEnvironment(tag, { id, labels })];
  })[0];
}

function toEnvironment(tag: string, { id, labels }: Pick<ImageDetail, 'id' | 'labels'>) {
  const python = labels[LABEL.python];
  return { tag, id, key: tag.slice(tag.indexOf(':') + 1), ...(python !== undefined && { python }) };
}

/** The version of the base image's Python. What is wrong with it is told by the build. */
async function pythonOf(engine: Engine, base: string, signal: AbortSignal): Promise<string | undefined> {
  const code = 'import sys; print("%d.%d.%d" % sys.version_info[:3])';
  const labels = { [LABEL.ours]: '1', [LABEL.role]: 'once' };
  const once = { image: base, entrypoint: ['python3', '-I', '-c', code], labels, user: '10001:10001' };
  const said = await engine.runOnce(once, undefined, signal).catch(() => undefined);
  return /^\d+\.\d+\.\d+$/.exec(said?.output.trim() ?? '')?.[0];
}

const USUAL: Omit<Script, 'mark'> = { uvArguments: [], hasRequirements: true, hasConstraints: true, secrets: [] };

/** Changes when environments are made in another way. */
function recipe(base: string, script: Script): string {
  return dockerfile(base, script.secrets, '') + makeScript(script);
}

/** The text of the build: the packages come before the server, which changes with each version of the extension. */
export function dockerfile(base: string, secrets: readonly TextName[], mark: string): string {
  return `${[
    `FROM ${base}`,
    'USER 0:0',
    // Podman takes a step from its cache whatever is in its mounts: the mark changes with what they decide.
    `RUN ${mounts(secrets)} sh ${BUILD_FOLDER}/make.sh ${mark}`,
    'COPY --chmod=0755 server /opt/model-serving/server',
    `RUN ${PREPARE}`,
    'ENV PATH=/opt/venv/bin:$PATH HOME=/tmp',
    'WORKDIR /serving',
    'ENTRYPOINT []',
    'CMD []',
    'HEALTHCHECK NONE',
    'USER 10001:10001',
  ].join('\n')}\n`;
}

const PREPARE = [
  '/opt/venv/bin/python -m compileall -q /opt/model-serving/server',
  'mkdir -p /run/serving /serving',
  'chown 10001:10001 /run/serving',
  // Libraries ask for the name of the user that they run as.
  '{ grep -q :10001: /etc/passwd || echo serving:x:10001:10001::/serving:/bin/false >> /etc/passwd; }',
  '{ grep -q :10001: /etc/group || echo serving:x:10001: >> /etc/group; }',
].join(' && ');

async function build(plan: Plan, tag: string, base: ImageDetail, operation: BuildOperation): Promise<void> {
  const { tools, settings, snapshot, server } = plan;
  const { signal } = operation;
  const { packages } = snapshot;
  const watch = new BuildWatch(operation, tools.log, 'environment');
  watch.report(packages.length === 0 ? t('Building the environment') : t('Installing {0}', listed(packages)));
  const asked = [snapshot.requirements, snapshot.constraints, [snapshot.sources, ...SPEED_UPS].join('\n')];
  const own = await buildSettings(settings, tools.env, asked.join('\n'), signal);
  const local = await Promise.all(asked.map((text, index) => withLocalPackages(text, `local${index}-`, signal)));
  const [requirements, constraints, speedUps] = local.map(({ text }) => `${text}\n`);
  const texts: Readonly<Record<TextName, string>> = {
    'settings.sh': own.text,
    'requirements.txt': requirements ?? '',
    'constraints.txt': constraints ?? '',
    'speed-ups.txt': speedUps ?? '',
  };
  const secrets = TEXTS.filter((name) => hasPassword(texts[name]));
  const plainTexts = TEXTS.filter((name) => !secrets.includes(name));
  const script = makeScript({
    uvArguments: uvArguments(settings),
    hasRequirements: snapshot.requirements.trim() !== '',
    hasConstraints: snapshot.constraints.trim() !== '',
    secrets,
    mark: plan.mark,
  });
  const python = await pythonOf(tools.engine, plan.base, signal);
  try {
    await tools.engine.buildImage(
      {
        tag,
        labels: {
          [LABEL.ours]: '1',
          [LABEL.role]: 'environment',
          [LABEL.content]: plan.content,
          [LABEL.base]: plan.base,
          [LABEL.baseId]: base.id,
          ...(python !== undefined && { [LABEL.python]: python }),
          [LABEL.built]: new Date().toISOString(),
          [LABEL.about]: packages.length === 0 ? plan.base : `${plan.base} with ${listed(packages)}`,
        },
        dockerfile: dockerfile(plan.base, secrets, hashOf(script)),
        context: [
          { path: 'build/make.sh', content: script },
          ...plainTexts.map((name) => ({ path: `build/${name}`, content: texts[name] })),
          ...local.flatMap(({ entries }) => entries),
          ...own.entries,
          ...server.entries,
        ],
        buildArgs: own.buildArgs,
        ...(secrets.length > 0 && { secrets: Object.fromEntries(secrets.map((name) => [name, texts[name]])) }),
        ...(own.localAddresses.length > 0 && { networkMode: 'host' }),
      },
      watch.take,
      signal,
    );
  } catch (error) {
    const failure = environmentFailure({
      what: failed(),
      error,
      output: watch.output,
      signal,
      index: indexText(settings, {}),
      local: own.localAddresses,
      base: plan.base,
      baseSetting: BASE_SETTING,
      whereIs: (name) => snapshot.whereIs(name) ?? plan.requirements.whereIs?.(name),
    });
    if (!isCancelled(failure)) {
      tools.log.error(failure.message);
    }
    throw failure;
  }
}
