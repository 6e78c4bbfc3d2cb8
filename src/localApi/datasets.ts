import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import type { Stats } from 'node:fs';
import path from 'node:path';
import { MODELS } from '../app/models/modelFolder';
import { isToolsOwn } from '../files/toolsOwn';
import type { Json } from './json';
import { parseForm } from './multipart';
import { isDataset, isFilesFolder, type Place, type Places } from './places';
import { argument, problem } from './problem';
import type { Call, Reply, Route } from './router';
import { untar } from './untar';
import type { Uploads } from './uploads';
import { zip } from './zip';

/** There from the beginning, as in a project of Hopsworks. */
export const RESOURCES = 'Resources';

export interface DatasetParts {
  readonly folder: string;
  readonly project: string;
  readonly places: Places;
  readonly uploads: Uploads;
}

/** Files of the project: browse, upload, download. */
export function datasetRoutes(parts: DatasetParts): readonly Route[] {
  const { places, uploads } = parts;
  const at = (call: Call): Promise<Place> => places.find(call.params.path ?? '');
  return [
    ['GET', '/dataset', () => listDatasets(parts)],
    [
      'POST',
      '/dataset/upload/*path',
      async (call) => {
        const { 'content-type': type } = call.headers;
        const form = parseForm(typeof type === 'string' ? type : undefined, await call.body());
        if (form === undefined) {
          throw problem(110042, 'the request is no whole form');
        }
        const { isWhole, path: done } = await uploads.take(call.params.path ?? '', form);
        return {
          status: 200,
          json: { successMessage: isWhole ? `Successfuly uploaded file to ${done}` : 'Uploading...' },
        };
      },
    ],
    [
      'GET',
      '/dataset/upload/*path',
      async ({ params, query }) =>
        (await uploads.has(params.path ?? '', query))
          ? { status: 200, json: { successMessage: 'Uploaded' } }
          : { status: 204 },
    ],
    ['GET', '/dataset/download/with_auth/*path', async (call) => download(await at(call))],
    ['GET', '/dataset/*path', async (call) => look(parts, await at(call), call.query)],
    ['POST', '/dataset/*path', async (call) => change(places, await at(call), call.query)],
    [
      'DELETE',
      '/dataset/*path',
      async (call) => {
        const place = await at(call);
        if (place.pieces.length === 1) {
          await infoOf(place);
        }
        // What is gone below a dataset is no trouble: clients of 3.2 delete what they downloaded from twice.
        uploads.forget(place.file);
        await rm(place.file, { recursive: true, force: true });
        return { status: 204 };
      },
    ],
  ];
}

async function look(parts: DatasetParts, place: Place, query: URLSearchParams): Promise<Reply> {
  const info = await infoOf(place);
  if ((query.get('action') ?? 'stat').toLowerCase() !== 'listing') {
    return { status: 200, json: toDto(parts.project, place, info) };
  }
  if (!info.isDirectory()) {
    throw problem(110039);
  }
  const names = (await readdir(place.file)).filter((name) => !name.startsWith('.') && !isToolsOwn(name));
  const items: Json[] = [];
  for (const name of sorted(names, query)) {
    const below = { path: `${place.path}/${name}`, file: path.join(place.file, name), pieces: [...place.pieces, name] };
    const each = await stat(below.file).catch(() => undefined);
    if (each !== undefined) {
      items.push(toDto(parts.project, below, each));
    }
  }
  const { from, to } = pageOf(query);
  return { status: 200, json: { href: place.path, items: items.slice(from, to), count: items.length } };
}

async function change(places: Places, place: Place, query: URLSearchParams): Promise<Reply> {
  const action = (query.get('action') ?? 'create').toLowerCase();
  if (action === 'create') {
    return make(place);
  }
  if (action === 'unzip') {
    await infoOf(place);
    if (!/\.(tar\.gz|tgz)$/.test(place.file)) {
      throw argument('Only a .tar.gz is unpacked by the local API');
    }
    await untar(place.file);
    return { status: 204 };
  }
  if (action === 'zip') {
    await infoOf(place);
    const { file, path: packed } = await places.find(archiveOf(place, query.get('destination_path')));
    if (await stat(file).catch(() => undefined)) {
      throw problem(110012, `Destination already exists. path: ${packed}`);
    }
    await zip(place.file, file);
    return { status: 204 };
  }
  if (action === 'move') {
    await infoOf(place);
    const to = await places.find(query.get('destination_path') ?? '');
    if (await stat(to.file).catch(() => undefined)) {
      throw problem(110012, `Destination already exists. path: ${to.path}`);
    }
    await rename(place.file, to.file);
    return { status: 204 };
  }
  throw argument(`The action ${action} is not there in the local API`);
}

/** Beside what is packed, or in the folder that the client names. */
function archiveOf(place: Place, folder: string | null): string {
  return folder === null ? `${place.path}.zip` : `${folder}/${path.posix.basename(place.path)}.zip`;
}

async function make(place: Place): Promise<Reply> {
  const isTop = place.pieces.length === 1;
  const above = await stat(path.dirname(place.file)).catch(() => undefined);
  if (above?.isDirectory() !== true) {
    throw argument(`Path for parent folder does not exist: ${path.posix.dirname(place.path)}`);
  }
  const there = await stat(place.file).catch(() => undefined);
  if (there !== undefined && !isFilesFolder(place.pieces)) {
    throw problem(isTop ? 110012 : 110047, `${place.path} exists`);
  }
  await mkdir(place.file, { recursive: true });
  return { status: 201, json: toDto('', place, await stat(place.file)) };
}

async function download(place: Place): Promise<Reply> {
  const info = await infoOf(place);
  if (info.isDirectory()) {
    throw problem(110038);
  }
  return { status: 200, file: { path: place.file, bytes: info.size, name: path.basename(place.file) } };
}

async function listDatasets({ folder, project, places }: DatasetParts): Promise<Reply> {
  const names = [...new Set([MODELS, RESOURCES, ...(await readdir(folder))])].filter(isDataset).sort();
  const items: Json[] = [];
  for (const name of names) {
    const place = await places.find(name).catch(() => undefined);
    const info = place && (await stat(place.file).catch(() => undefined));
    if (place !== undefined && info?.isDirectory() === true) {
      items.push(toDto(project, place, info));
    }
  }
  return { status: 200, json: { href: '', items, count: items.length } };
}

async function infoOf(place: Place): Promise<Stats> {
  const info = await stat(place.file).catch(() => undefined);
  if (info === undefined) {
    throw problem(place.pieces.length === 1 ? 110011 : 110018, `path: ${place.path}`);
  }
  return info;
}

function toDto(project: string, place: Place, info: Stats): Json {
  const name = place.pieces.at(-1) ?? '';
  const attributes = {
    name,
    path: place.path,
    dir: info.isDirectory(),
    size: info.isDirectory() ? 0 : info.size,
    permission: info.isDirectory() ? 'rwxrwx---' : 'rw-rw----',
    modificationTime: info.mtime.toISOString(),
    accessTime: info.atime.toISOString(),
    underConstruction: false,
    owner: project,
    group: `${project}__${place.pieces[0] ?? ''}`,
  };
  const dataset = {
    id: 1,
    name,
    description: '',
    publicDataset: false,
    searchable: false,
    shared: false,
    accepted: true,
    permission: 'EDITABLE',
    datasetType: 'DATASET',
  };
  return {
    href: place.path,
    attributes,
    zipState: 'NONE',
    ...(place.pieces.length === 1 ? dataset : {}),
  };
}

function sorted(names: readonly string[], query: URLSearchParams): readonly string[] {
  const collator = new Intl.Collator('en', { numeric: true });
  const up = [...names].sort((a, b) => collator.compare(a, b));
  return /:desc$/i.test(query.get('sort_by') ?? '') ? up.reverse() : up;
}

export function pageOf(query: URLSearchParams): { readonly from: number; readonly to: number | undefined } {
  const [offset, limit] = [Number(query.get('offset') ?? 0), Number(query.get('limit') ?? 0)];
  const from = offset > 0 ? offset : 0;
  return { from, to: limit > 0 ? from + limit : undefined };
}
