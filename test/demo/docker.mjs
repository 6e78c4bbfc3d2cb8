// The Docker engine of the demo: the one that the tests were given, else the one that the extension would find. None is
// installed for it, and what the demo made on it is taken away.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { engineApi } from '../setup/docker/api.mjs';
import { cache, project } from '../setup/paths.mjs';

/**
 * @typedef {object} DemoEngine
 * @property {string} host
 * @property {string} version
 * @property {Record<string, string>} settings what the extension has to be told
 * @property {(workspace: string) => Promise<string[]>} objects containers, networks and volumes of the workspace's servings
 * @property {(workspace: string) => Promise<void>} clean takes away all that was made since it was found
 */

/**
 * An engine that answers and has, or gets, what servings and gateways are built on; else why not.
 * @param {{ log: (text: string) => void, python: string }} options `python`: such as 3.11.2
 * @returns {Promise<DemoEngine | { missing: string }>}
 */
export async function findDemoEngine({ log, python }) {
  const {
    MODEL_SERVING_TEST_DOCKER: given,
    MODEL_SERVING_PYTHON_IMAGE: pythonImage,
    MODEL_SERVING_HAPROXY_IMAGE: haproxyImage,
  } = process.env;
  try {
    const host = given ?? (await findAsExtension());
    const api = engineApi(host);
    const { ServerVersion: version } = await api.info();
    const images = [
      pythonImage ?? `python:${python.split('.').slice(0, 2).join('.')}-slim`,
      haproxyImage ?? 'haproxy:lts-alpine',
    ];
    const before = await imagesOf(api);
    for (const image of images) {
      if (await api.get(`/images/${image}/json`)) continue;
      log(`pulling ${image}`);
      await api.pull(image);
    }
    return {
      host,
      version,
      settings: {
        ...(given && { 'modelServing.docker.host': given }),
        ...(pythonImage && { 'modelServing.docker.baseImage': pythonImage }),
        ...(haproxyImage && { 'modelServing.docker.gatewayImage': haproxyImage }),
      },
      objects: (workspace) => objects(api, workspace).then((found) => found.map(({ title }) => title)),
      clean: async (workspace) => {
        for (const { path } of await objects(api, workspace)) await api.remove(path);
        await removeImages(api, { workspace, before, bases: images });
      },
    };
  } catch (error) {
    return { missing: error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error) };
  }
}

/** Its address, by the extension's own code. */
async function findAsExtension() {
  const outfile = join(cache, 'demo/address.mjs');
  mkdirSync(join(cache, 'demo'), { recursive: true });
  // Not at the top: on a bare machine the packages are installed once the demo runs.
  const { build } = await import('esbuild');
  await build({
    entryPoints: [join(project, 'src/backends/docker/engine/address.ts')],
    ...{ outfile, bundle: true, platform: 'node', format: 'esm', target: 'node20', logLevel: 'warning' },
  });
  const { findEngine, surroundings } = await import(pathToFileURL(outfile).href);
  const { address, tls } = await findEngine(surroundings(''));
  if (tls) throw new Error(`${address.url}: the demo does not speak TLS`);
  return address.url;
}

/** @typedef {import('../setup/docker/api.mjs').EngineApi} EngineApi */

/** @param {EngineApi} api @param {string} workspace @returns {Promise<{ title: string, path: string }[]>} in the order in which they can be taken away */
async function objects(api, workspace) {
  const label = ['model-serving=1', `model-serving.folder-path=${workspace}`];
  const filters = encodeURIComponent(JSON.stringify({ label }));
  const containers = await api.get(`/containers/json?all=1&filters=${filters}`);
  const networks = await api.get(`/networks?filters=${filters}`);
  const volumes = await api.get(`/volumes?filters=${filters}`);
  return [
    ...containers.map((/** @type {any} */ { Id, Names, Labels, Status }) => ({
      title: `${Labels['model-serving.role']} ${Names[0].slice(1)}: ${Status}`,
      path: `/containers/${Id}?force=1&v=1`,
    })),
    ...networks.map((/** @type {any} */ { Id, Name }) => ({ title: `network ${Name}`, path: `/networks/${Id}` })),
    ...(volumes.Volumes ?? []).map((/** @type {any} */ { Name }) => ({
      title: `volume ${Name}`,
      path: `/volumes/${Name}`,
    })),
  ];
}

/** @param {EngineApi} api @returns {Promise<{ Id: string, RepoTags: string[] | null, Labels: Record<string, string> | null }[]>} */
const imagesOf = (api) => api.get('/images/json');

/**
 * What was built for the workspace and pulled for it, those that others are built on last. What was there before stays,
 * and what is in use.
 * @param {EngineApi} api
 * @param {{ workspace: string, before: Awaited<ReturnType<typeof imagesOf>>, bases: readonly string[] }} options
 */
async function removeImages(api, { workspace, before, bases }) {
  const known = new Set(before.map(({ Id }) => Id));
  const fresh = (await imagesOf(api)).filter(({ Id }) => !known.has(Id));
  const own = fresh.filter(({ Labels }) => Labels?.['model-serving.folder-path'] === workspace);
  const below = own.flatMap(({ Labels }) =>
    ['model-image', 'environment'].map((key) => Labels?.[`model-serving.${key}`]),
  );
  const gateways = fresh.filter(({ Labels }) => Labels?.['model-serving.role'] === 'gateway-image');
  const names = [...own, ...gateways].map(({ Id }) => Id);
  const wanted = [...below, ...bases].flatMap((tag) =>
    fresh.find(({ RepoTags }) => tag && RepoTags?.includes(tag)) ? tag : [],
  );
  for (const name of new Set([...names, ...wanted])) await api.remove(`/images/${name}`).catch(() => undefined);
}
