import type { Framework } from '../../core/model';
import { isObject } from '../../core/objects';
import type { RegistryExport, RegistryVersion } from '../../core/registry';
import { isFrom, type ServerFacts } from './request';
import { dateAt, fieldsAt, itemsOf, numberAt, textAt } from './wire';

export interface RegistryPlace {
  readonly address: string;
  readonly project: string;
  readonly projectId: number;
}

/** Those that the registry has a word for; the official clients call all others Python. */
const FRAMEWORKS: readonly Framework[] = ['TENSORFLOW', 'SKLEARN', 'TORCH'];

/** A version as the registry tells it; undefined: it is none. */
export function toRegistryVersion(
  view: Readonly<Record<string, unknown>>,
  { address, project, projectId }: RegistryPlace,
): RegistryVersion | undefined {
  const [name, version] = [textAt(view, 'name'), numberAt(view, 'version')];
  if (name === undefined || version === undefined) {
    return undefined;
  }
  const [framework, description, created] = [
    textAt(view, 'framework'),
    textAt(view, 'description'),
    dateAt(view, 'created'),
  ];
  const person = fieldsAt(view, 'creator');
  const names = [textAt(person, 'firstname'), textAt(person, 'lastname')].filter((each) => each !== undefined);
  const creator = textAt(view, 'userFullName') ?? (names.length > 0 ? names.join(' ') : undefined);
  return {
    name,
    version,
    ...(framework === undefined ? {} : { framework }),
    ...(description === undefined ? {} : { description }),
    metrics: toMetrics(view.metrics),
    ...(created === undefined ? {} : { created }),
    ...(creator === undefined ? {} : { creator }),
    ...(isObject(view.tags) ? { tags: toTags(view.tags) } : {}),
    path: versionPath(project, name, version),
    page: `${address}/p/${projectId}/models/${encodeURIComponent(name)}/${version}`,
  };
}

export function modelPath(project: string, name: string): string {
  return `/Projects/${project}/Models/${name}`;
}

export function versionPath(project: string, name: string, version: number): string {
  return `${modelPath(project, name)}/${version}`;
}

/** What the official client of that release sends, in its order. */
export function toModelBody(
  { name, version, metadata }: RegistryExport,
  project: string,
  facts: ServerFacts,
): Readonly<Record<string, unknown>> {
  const isNew = isFrom(facts, 4, 0);
  const { framework = 'PYTHON', description = null, metrics = {} } = metadata;
  return {
    id: `${name}_${version}`,
    ...(isNew ? {} : { experimentId: null }),
    projectName: project,
    ...(isNew ? {} : { experimentProjectName: project }),
    name,
    modelSchema: null,
    version,
    description,
    inputExample: null,
    framework: FRAMEWORKS.includes(framework) ? framework : 'PYTHON',
    metrics: Object.keys(metrics).length === 0 ? null : metrics,
    ...(isNew ? {} : { trainingDataset: null }),
    environment: null,
    program: null,
    ...(isNew ? { featureView: null, trainingDatasetVersion: null } : {}),
  };
}

/** Releases differ in whether a number comes as one. */
function toMetrics(value: unknown): Readonly<Record<string, number>> {
  const pairs = Object.entries(isObject(value) ? value : {}).map(
    ([name, each]) => [name, typeof each === 'string' && each.trim() !== '' ? Number(each) : each] as const,
  );
  return Object.fromEntries(
    pairs.filter((pair): pair is [string, number] => typeof pair[1] === 'number' && Number.isFinite(pair[1])),
  );
}

function toTags(value: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(
    itemsOf(value).flatMap((item) => {
      const name = textAt(item, 'name');
      const said = item.value;
      return name === undefined ? [] : [[name, typeof said === 'string' ? said : JSON.stringify(said ?? '')]];
    }),
  );
}
