// A window in a process of its own: moves a serving and tells each stage on stdout, until it is killed.
import { surroundings } from '../../../src/backends/docker/engine/address';
import { LateEngine } from '../../../src/backends/docker/lateEngine';
import { dockerSettings, dockerWindow } from '../../contract/dockerPlace';
import { moveWindow } from '../movePlace';

const [folder = '', storage = '', serverRoot = '', gatewayFiles = '', python = '', to = 'docker'] =
  process.argv.slice(2);
const nothing = (): void => undefined;
const log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
const place = { folder, storage, serverRoot, log, secretOf: () => undefined };
const window = moveWindow({
  ...place,
  open: (parts) =>
    dockerWindow(
      {
        ...place,
        gatewayFiles,
        python,
        late: new LateEngine(() => surroundings(process.env.MODEL_SERVING_DOCKER_HOST ?? '')),
        settings: dockerSettings(),
      },
      parts,
    ),
});
const [source, target] = to === 'docker' ? [window.process, window.docker] : [window.docker, window.process];
const operation = {
  signal: new AbortController().signal,
  report: ({ stage }: { stage: string }): void => {
    process.stdout.write(`${stage}\n`);
  },
};
window.servings.move({ backend: source.id, name: 'iris' }, target.id, operation).then(
  () => process.stdout.write('done\n'),
  (error: unknown) => process.stdout.write(`failed ${String(error)}\n`),
);
setInterval(nothing, 60_000);
