// Makes one environment in a process of its own and prints what happens: realWorker ROOT PYTHON SERVER UV
import { homedir } from 'node:os';
import { ManagedEnvironments } from '../../../src/environments/managed';
import { Pythons } from '../../../src/environments/python';
import { run } from '../../../src/environments/run';

const [root = '', python = '', serverRoot = '', uv = ''] = process.argv.slice(2);
const pythons = new Pythons({ run, serverRoot });
const quiet = (): void => undefined;
const environments = new ManagedEnvironments(root, {
  run,
  log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
  env: process.env,
  home: homedir(),
  describe: (executable, signal) => pythons.describe(executable, signal),
  uvSetting: () => (uv === '' ? undefined : uv),
  ...(uv === '' && { lookup: { env: {}, platform: process.platform, isProgram: () => false } }),
});
const request = { python, requirements: 'joblib\nsix==1.17.0\n', folder: process.cwd() };
const operation = {
  signal: new AbortController().signal,
  report: ({ message = '' }) => {
    console.log(`told ${message}`);
  },
};
console.log(`made ${JSON.stringify(await environments.ensure(request, operation))}`);
