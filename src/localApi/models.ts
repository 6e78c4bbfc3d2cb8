import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { deleteVersion } from '../app/models/exportModel';
import { isForeign, MODEL_JSON, readUnknownFields, toMetadata, toModelJson } from '../app/models/modelJson';
import { readModels, readVersion, versionDirectory } from '../app/models/modelFolder';
import { checkModelName } from '../core/names';
import type { Framework, ModelVersion } from '../core/model';
import { isObject } from '../core/objects';
import { bodyOf } from './body';
import { pageOf } from './datasets';
import { objectOf, textOf, withoutNulls, type Json } from './json';
import { argument, problem } from './problem';
import type { ApiProject } from './project';
import type { Call, Reply, Route } from './router';

/** What a client says of a model that `model.json` has no word for; kept in it under one name. */
const KEPT = 'hopsworks';
const REGISTRY = '/modelregistries/:registry';
const FRAMEWORKS: Readonly<Record<string, Framework>> = {
  TENSORFLOW: 'TENSORFLOW',
  SKLEARN: 'SKLEARN',
  TORCH: 'TORCH',
  PYTHON: 'PYTHON',
};

export interface ModelParts {
  readonly project: ApiProject;
  readonly folder: string;
  /** Whether a deployment answers with it. */
  readonly isServed: (name: string, version: number, signal: AbortSignal) => Promise<boolean>;
}

/** The model registry: the workspace's `Models` folder. */
export function modelRoutes({ project, folder, isServed }: ModelParts): readonly Route[] {
  const registry = { href: '', id: project.id, name: project.name };
  const inRegistry = async (call: Call, work: () => Promise<Reply>): Promise<Reply> => {
    if (call.params.registry !== String(project.id)) {
      throw problem(360001);
    }
    return work();
  };
  const find = async (call: Call): Promise<ModelVersion> => {
    const { name, version } = splitId(call.params.model ?? '');
    const found = await readVersion(folder, name, version);
    if (found === undefined) {
      throw problem(360000, `model: ${call.params.model ?? ''}`);
    }
    return found;
  };
  const model = `${REGISTRY}/models/:model`;
  const routes: readonly Route[] = [
    ['GET', '/modelregistries', () => ({ status: 200, json: { href: '', items: [registry], count: 1 } })],
    [
      'GET',
      REGISTRY,
      (call) =>
        inRegistry(call, async () => {
          await Promise.resolve();
          return { status: 200, json: registry };
        }),
    ],
    ['GET', `${REGISTRY}/models`, (call) => inRegistry(call, () => list(project, folder, call))],
    [
      'GET',
      model,
      (call) =>
        inRegistry(call, async () => ({
          status: 200,
          json: await toDto(project, await find(call), expands(call, 'tags')),
        })),
    ],
    ['PUT', model, (call) => inRegistry(call, async () => register(project, folder, call))],
    [
      'DELETE',
      model,
      (call) =>
        inRegistry(call, async () => {
          const found = await find(call);
          if (await isServed(found.name, found.version, call.signal)) {
            throw problem(360009, `${found.name} version ${found.version} is used by a deployment`);
          }
          await deleteVersion(found);
          return { status: 204 };
        }),
    ],
    [
      'GET',
      `${model}/tags`,
      (call) =>
        inRegistry(call, async () => {
          return { status: 200, json: tagsDto(objectOf(await keptOf(await find(call)), 'tags')) };
        }),
    ],
    [
      'GET',
      `${model}/tags/:tag`,
      (call) =>
        inRegistry(call, async () => {
          const name = call.params.tag ?? '';
          const tags = objectOf(await keptOf(await find(call)), 'tags') ?? {};
          if (!(name in tags)) {
            throw problem(370000, `tag: ${name}`);
          }
          return { status: 200, json: { href: '', items: [{ name, value: tags[name] }], count: 1 } };
        }),
    ],
    [
      'PUT',
      `${model}/tags/:tag`,
      (call) =>
        inRegistry(call, async () => {
          const value = (await call.body()).toString('utf8');
          await keep(await find(call), (tags) => ({ ...tags, [call.params.tag ?? '']: value }));
          return { status: 201, json: {} };
        }),
    ],
    [
      'DELETE',
      `${model}/tags/:tag`,
      (call) =>
        inRegistry(call, async () => {
          await keep(await find(call), ({ [call.params.tag ?? '']: _gone, ...tags }) => tags);
          return { status: 204 };
        }),
    ],
  ];
  return [...routes, ...routes.flatMap((route) => withoutRegistry(route, project.id))];
}

/** Up to 2.4 a project has its models without a registry between them. */
function withoutRegistry([method, pattern, handler]: Route, registry: number): readonly Route[] {
  const own: Route[2] = (call) => handler({ ...call, params: { ...call.params, registry: String(registry) } });
  return pattern.startsWith(`${REGISTRY}/models`) ? [[method, pattern.slice(REGISTRY.length), own]] : [];
}

async function list(project: ApiProject, folder: string, call: Call): Promise<Reply> {
  const { query } = call;
  const filters = query.getAll('filter_by').map((each) => each.split(/:(.*)/s));
  const fits = ({ name, version }: ModelVersion): boolean =>
    filters.every(([filter, value = '']) => {
      switch (filter?.toLowerCase()) {
        case 'name_eq':
          return name === value;
        case 'name_like':
          return name.includes(value);
        case 'version':
          return version === Number(value);
        default:
          throw argument(`Filter ${filter ?? ''} is not known`);
      }
    });
  const versions = (await readModels(folder)).flatMap((model) => [...model.versions].reverse()).filter(fits);
  const [by, order = 'asc'] = (query.get('sort_by') ?? '').split(':');
  const sorted = by ? sortBy(versions, by, order.toLowerCase() === 'desc') : versions;
  const { from, to } = pageOf(query);
  const withTags = expands(call, 'tags');
  const items = await Promise.all(sorted.slice(from, to).map((version) => toDto(project, version, withTags)));
  return { status: 200, json: { href: '', count: versions.length, ...(items.length > 0 ? { items } : {}) } };
}

/** By name, or by a metric: those without it come last. */
function sortBy(versions: readonly ModelVersion[], by: string, isDown: boolean): readonly ModelVersion[] {
  const sign = isDown ? -1 : 1;
  if (by === 'name') {
    return [...versions].sort((a, b) => sign * (a.name < b.name ? -1 : a.name > b.name ? 1 : a.version - b.version));
  }
  const value = ({ metadata }: ModelVersion): number | undefined => metadata.metrics?.[by];
  return [...versions].sort((a, b) => {
    const [left, right] = [value(a), value(b)];
    return left === undefined || right === undefined
      ? Number(left === undefined) - Number(right === undefined)
      : sign * (left - right);
  });
}

async function register(project: ApiProject, folder: string, call: Call): Promise<Reply> {
  const { name, version } = splitId(call.params.model ?? '');
  if (checkModelName(name) !== undefined) {
    throw argument('Model name must conform to regex: [a-zA-Z0-9_]+');
  }
  const body = await bodyOf(call, 'Model summary not provided');
  const directory = versionDirectory(folder, name, version);
  await mkdir(directory, { recursive: true });
  const metrics = objectOf(body, 'metrics');
  const {
    framework,
    description,
    metrics: _m,
    id: _i,
    name: _n,
    version: _v,
    href: _h,
    ...others
  } = withoutNulls(body);
  const before = toMetadata(await readFile(path.join(directory, MODEL_JSON), 'utf8').catch(() => undefined));
  const known = toMetadata(
    JSON.stringify({
      ...before,
      framework: typeof framework === 'string' ? frameworkOf(framework, before.framework) : undefined,
      description,
      metrics: metrics && Object.fromEntries(Object.entries(metrics).map(([key, value]) => [key, Number(value)])),
      created: new Date().toISOString(),
    }),
  );
  await write(directory, known, { ...others, ...(framework === undefined ? {} : { framework }) });
  const made = await readVersion(folder, name, version);
  if (made === undefined) {
    throw problem(360000);
  }
  return { status: 201, json: await toDto(project, made) };
}

/** The registry calls Python what it has no word for: what is known better stays. */
function frameworkOf(said: string, before: Framework | undefined): Framework {
  const framework = FRAMEWORKS[said] ?? 'PYTHON';
  return framework === 'PYTHON' && before !== undefined && FRAMEWORKS[before] === undefined ? before : framework;
}

async function write(directory: string, metadata: ModelVersion['metadata'], kept: Json): Promise<void> {
  const file = path.join(directory, MODEL_JSON);
  if ((await stat(file).catch(() => undefined)) !== undefined && (await isForeign(file))) {
    // A model file of that name: it stays as it is.
    return;
  }
  const unknown = await readUnknownFields(file);
  await writeFile(file, toModelJson(metadata, { ...unknown, [KEPT]: kept }));
}

async function keep({ directory, metadata }: ModelVersion, change: (tags: Json) => Json): Promise<void> {
  const kept = await keptIn(directory);
  await write(directory, metadata, { ...kept, tags: change(objectOf(kept, 'tags') ?? {}) });
}

function keptOf({ directory }: ModelVersion): Promise<Json> {
  return keptIn(directory);
}

async function keptIn(directory: string): Promise<Json> {
  return objectOf(await readUnknownFields(path.join(directory, MODEL_JSON)), KEPT) ?? {};
}

function expands({ query }: Call, what: string): boolean {
  return query.getAll('expand').some((each) => each.toLowerCase().split(',').includes(what));
}

function tagsDto(tags: Json = {}): Json {
  const items = Object.entries(tags).map(([name, value]) => ({ name, value }));
  return { href: '', items, count: items.length };
}

async function toDto(project: ApiProject, version: ModelVersion, withTags = false): Promise<Json> {
  const { metadata } = version;
  const { tags, ...kept } = await keptOf(version);
  const created = Date.parse(metadata.created ?? '');
  const { mtimeMs } = await stat(version.directory).catch(() => ({ mtimeMs: 0 }));
  const framework = textOf(kept, 'framework') ?? FRAMEWORKS[metadata.framework ?? 'PYTHON'] ?? 'PYTHON';
  return {
    ...kept,
    id: `${version.name}_${version.version}`,
    name: version.name,
    version: version.version,
    projectName: project.name,
    modelRegistryId: project.id,
    userFullName: project.user.fullName,
    created: Number.isNaN(created) ? Math.round(mtimeMs) : created,
    framework,
    ...(metadata.description === undefined ? {} : { description: metadata.description }),
    ...(metadata.metrics === undefined ? {} : { metrics: metadata.metrics }),
    ...(withTags ? { tags: tagsDto(isObject(tags) ? tags : {}) } : {}),
    // Clients of 3.x refuse what they do not know.
    ...(project.generation === 3 ? {} : { type: 'modelDTO' }),
  };
}

function splitId(id: string): { readonly name: string; readonly version: number } {
  const [, name, version] = /^(.+)_([1-9]\d{0,14})$/s.exec(id) ?? [];
  if (name === undefined || !/^\w+$/.test(name)) {
    throw problem(360000, `model: ${id}`);
  }
  return { name, version: Number(version) };
}
