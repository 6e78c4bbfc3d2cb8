// A window in a process of its own: starts or updates a serving and tells each stage on stdout, until it is killed.
import { surroundings } from '../../../src/backends/docker/engine/address';
import { LateEngine } from '../../../src/backends/docker/lateEngine';
import type { ServingDefinition } from '../../../src/core/definition';
import { dockerSettings, dockerWindow } from '../../contract/dockerPlace';

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
const operation = {
  signal: new AbortController().signal,
  report: ({ stage }: { stage: string }): void => {
    process.stdout.write(`${stage}\n`);
  },
};
const ref = { backend: backend.id, name: definition.name };
const work = verb === 'start' ? backend.start(ref, operation) : backend.update(ref, definition, operation);
work.then(
  () => process.stdout.write('done\n'),
  (error: unknown) => process.stdout.write(`failed ${String(error)}\n`),
);
setInterval(nothing, 60_000);
