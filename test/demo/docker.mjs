// The Docker engine for the demo: the one that the tests were given, else this computer's own. None is installed for it.
import { existsSync } from 'node:fs';
import { engineApi } from '../setup/docker/api.mjs';

/**
 * An engine that answers now, with what its servers and gateways are built on.
 * @returns {Promise<{ host: string, version: string, pythonImage?: string, haproxyImage?: string } | undefined>} images
 *   undefined: the extension's own defaults
 */
export async function findDemoEngine() {
  const { MODEL_SERVING_TEST_DOCKER, DOCKER_HOST, MODEL_SERVING_PYTHON_IMAGE, MODEL_SERVING_HAPROXY_IMAGE } =
    process.env;
  const socket = '/var/run/docker.sock';
  const host = MODEL_SERVING_TEST_DOCKER ?? DOCKER_HOST ?? (existsSync(socket) ? `unix://${socket}` : undefined);
  if (!host) return undefined;
  try {
    const { ServerVersion: version } = await engineApi(host).info();
    return {
      host,
      version,
      ...(MODEL_SERVING_PYTHON_IMAGE && { pythonImage: MODEL_SERVING_PYTHON_IMAGE }),
      ...(MODEL_SERVING_HAPROXY_IMAGE && { haproxyImage: MODEL_SERVING_HAPROXY_IMAGE }),
    };
  } catch {
    // Installed and not running, or not ours to use.
    return undefined;
  }
}
