import { homedir } from 'node:os';
import { type ManagedEnvironment, ManagedEnvironments } from '../../../src/environments/managed';
import { Pythons } from '../../../src/environments/python';
import { run } from '../../../src/environments/run';

/** Makes one environment and prints what happens; runs in a process of its own. */
export async function makeOne([
  root = '',
  python = '',
  serverRoot = '',
  uv = '',
]: readonly string[]): Promise<ManagedEnvironment> {
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
    report: ({ message = '' }: { readonly message?: string }) => {
      console.log(`told ${message}`);
    },
  };
  const made = await environments.ensure(request, operation);
  console.log(`made ${JSON.stringify(made)}`);
  return made;
}
