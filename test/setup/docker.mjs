// A real Docker engine for tests: the one that MODEL_SERVING_TEST_DOCKER names, else one of our own, from nothing.
import { engineApi } from './docker/api.mjs';
import { startOwnEngine } from './docker/engine.mjs';
import { Unavailable } from './unavailable.mjs';

/**
 * @typedef {object} DockerEngine
 * @property {string} host such as unix:///run/docker.sock
 * @property {string} pythonImage the base of environments, to be pulled
 * @property {string} haproxyImage the base of gateways, to be pulled
 * @property {string} [registry] ours, such as 127.0.0.1:5000
 * @property {string} [control] the socket of the supervisor, which pauses, kills and resumes the engine
 * @property {NodeJS.ProcessEnv} env what tests are told
 * @property {() => Promise<void>} stop takes everything away; one that we did not start stays
 */

/**
 * @param {{ log: (text: string) => void }} options
 * @returns {Promise<DockerEngine>}
 */
export async function ensureDocker({ log }) {
  const given = process.env.MODEL_SERVING_TEST_DOCKER;
  const engine = given ? await useGiven(given) : await startOwnEngine(log);
  const control = engine.control;
  const env = {
    MODEL_SERVING_TEST_DOCKER: engine.host,
    MODEL_SERVING_DOCKER_HOST: engine.host,
    MODEL_SERVING_PYTHON_IMAGE: engine.pythonImage,
    MODEL_SERVING_HAPROXY_IMAGE: engine.haproxyImage,
    ...(control && { MODEL_SERVING_DOCKER_CONTROL: control }),
  };
  return { ...engine, env };
}

/** @param {string} host */
async function useGiven(host) {
  try {
    await engineApi(host).ping();
  } catch (error) {
    const reason = error instanceof Error ? error.message : error;
    throw new Unavailable(`A Docker engine: MODEL_SERVING_TEST_DOCKER names ${host}: ${reason}`, { cause: error });
  }
  return {
    host,
    pythonImage: process.env.MODEL_SERVING_PYTHON_IMAGE ?? 'python:3.11-slim',
    haproxyImage: process.env.MODEL_SERVING_HAPROXY_IMAGE ?? 'haproxy:lts-alpine',
    control: process.env.MODEL_SERVING_DOCKER_CONTROL,
    stop: async () => undefined,
  };
}
