// A window in a process of its own: starts or updates a serving and tells each stage on stdout, until it is killed.
import { surroundings } from '../../../src/backends/docker/engine/address';
import { LateEngine } from '../../../src/backends/docker/lateEngine';
import type { ServingDefinition } from '../../../src/core/definition';
import { dockerSettings, dockerWindow } from '../../contract/dockerPlace';
import { workInWindow } from '../../contract/windowWork';

const [folder = '', storage = '', serverRoot = '', gatewayFiles = '', python = '', verb = 'start', text = '{}'] =
  process.argv.slice(2);
const definition = JSON.parse(text) as ServingDefinition;
const nothing = (): void => undefined;
const backend = dockerWindow({
  folder,
  storage,
  serverRoot,
  gatewayFiles,
  python,
  log: { debug: nothing, info: nothing, warn: nothing, error: nothing },
  late: new LateEngine(() => surroundings(process.env.MODEL_SERVING_DOCKER_HOST ?? '')),
  settings: dockerSettings(),
  secretOf: () => undefined,
});
workInWindow(backend, verb, definition);
