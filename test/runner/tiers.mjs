// The one table of what `npm test` runs. To add a tier, add a row.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { clientEnvironments } from '../clients/environments.mjs';
import { cache, project } from '../setup/paths.mjs';
import { testedPythons } from '../setup/python.mjs';
import { Unavailable } from '../setup/unavailable.mjs';
import { bin, command, dockerTests, junit, specs, vitest } from './programs.mjs';

/** @import { Check } from './check.mjs' */
/** @import { Parts } from './parts.mjs' */

/**
 * @typedef {object} Tier
 * @property {string} name what is typed: npm test -- NAME
 * @property {string} title
 * @property {boolean} [alone] its times matter, so nothing runs beside it
 * @property {number} [lanes] how many of its checks run at a time; one when not given
 * @property {boolean} [docker] it uses a Docker engine, which is got ready from the beginning
 * @property {boolean} [again] drives real processes or a whole editor, where a busy machine can make a step late: one more try, which is told
 * @property {(parts: Parts) => Promise<(Check | Missing)[]>} checks gets the parts ready; rejects with Unavailable
 *
 * @typedef {{ title: string, missing: string }} Missing a check that cannot be had here, and why
 */

/** @param {string} minor */
const isBetween = (minor) => minor !== testedPythons.at(0) && minor !== testedPythons.at(-1);

/**
 * What of the server's tests runs on a version of Python between the oldest and the newest: what it says and understands.
 * How its processes start, end and wait takes long and differs between the two ends, if anywhere.
 */
const ofProtocols = [
  ...['http', 'v2', 'conformance_http', 'conformance_oip', 'streaming', 'compression', 'parsers', 'encoding', 'schema'],
  ...['units', 'pickles', 'metrics', 'seed', 'hops', 'hops_models', 'hops_servings'],
];

/**
 * @param {Parts} parts
 * @param {(isBetween: boolean) => boolean} isWanted
 */
async function serverTests(parts, isWanted) {
  const pythons = await parts.pythons();
  return Promise.all(
    testedPythons
      .filter((minor) => isWanted(isBetween(minor)))
      .map(async (minor) => {
        const title = `Python ${minor}`;
        const python = pythons.find((one) => one.minor === minor);
        if (!python) return { title, missing: `Python ${minor}: it is not installed here` };
        const out = junit(`server-${minor}`);
        // They mostly wait for servers, so more of them than cores run at once.
        const run = ['-B', '-m', 'pytest', '-q', '-n', '3', '-o', `cache_dir=${join(cache, 'pytest', minor)}`];
        const args = [
          ...run,
          `--junitxml=${out}`,
          ...(isBetween(minor)
            ? ofProtocols.map((name) => `test/server/test_${name}.py`)
            : [...ofKafka.map((file) => `--ignore=${file}`), 'test/server']),
        ];
        const { path } = await parts.testPython(python);
        const onlyFailed = ['--last-failed', '--last-failed-no-failures=none'];
        return { title, command: path, args, junit: out, onlyFailed, seconds: 900 };
      }),
  );
}

const ofKafka = ['test/server/test_inferencelog_kafka.py', 'test/server/test_inferencelog_topics.py'];

/**
 * Where a real Kafka's jars are, or why they cannot be had.
 * @param {Parts} parts
 * @returns {Promise<{ env: NodeJS.ProcessEnv, missing: Missing[] }>}
 */
async function kafkaEnv(parts) {
  try {
    return { env: { MODEL_SERVING_TEST_KAFKA: await parts.kafka() }, missing: [] };
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    return { env: {}, missing: [{ title: 'a real Kafka', missing: error.message }] };
  }
}

/**
 * The inference log in a real Kafka, on one Python.
 * @param {Parts} parts
 * @returns {Promise<Check | Missing>}
 */
async function kafkaTests(parts) {
  const { env, missing } = await kafkaEnv(parts);
  if (missing[0]) return missing[0];
  const { path } = await parts.testPython();
  const out = junit('server-kafka');
  const args = ['-B', '-m', 'pytest', '-q', '-p', 'no:cacheprovider', `--junitxml=${out}`, ...ofKafka];
  return { title: 'a real Kafka', command: path, args, env, junit: out };
}

/**
 * What is driven in the newest editor only: it uses of an editor what the others do, and most of the time waits for what
 * is behind it.
 */
const ofWhatIsBehind = ['docker', 'failures', 'hopsworks', 'inferencelog', 'kafka', 'localApi', 'registry', 'windows'];
const onlyInNewest = [...ofWhatIsBehind, 'keyboard', 'language', 'logs', 'testexplorer', 'welcome'];

/** @type {readonly Tier[]} */
export const tiers = [
  {
    name: 'lint',
    title: 'Formatting, lint and types',
    checks: async () => [
      command('tsc', bin('tsc'), '--noEmit'),
      command('tsc of the panels', bin('tsc'), '--noEmit', '-p', 'webview'),
      command('eslint', bin('eslint'), '.', '--max-warnings', '0'),
      command('prettier', bin('prettier'), '--check', '.'),
      command('knip', bin('knip')),
    ],
  },
  {
    name: 'lint-server',
    title: "The server's lint and types",
    checks: async (parts) => {
      const { path: python } = await parts.testPython();
      const pythonFolders = ['src/server', 'src/clients', 'test/server', 'test/templates', 'test/hops'];
      const mypyIn = (/** @type {string} */ folder, /** @type {string[]} */ ...what) => [
        ...['--config-file', `${folder}/pyproject.toml`, '--cache-dir', join(cache, 'mypy', folder)],
        ...what.map((each) => `${folder}/${each}`),
      ];
      const mypy = mypyIn('src/server', 'model_server');
      const mypyOfClients = mypyIn('src/clients', 'own/hops', 'pypi/pydoop');
      return [
        // Each folder has its settings beside it.
        command('ruff', python, '-m', 'ruff', 'check', '--no-cache', ...pythonFolders),
        command('ruff format', python, '-m', 'ruff', 'format', '--check', '--no-cache', ...pythonFolders),
        command('mypy', python, '-m', 'mypy', ...mypy),
        command('mypy of clients', python, '-m', 'mypy', ...mypyOfClients),
      ];
    },
  },
  { name: 'unit', title: 'Unit tests', checks: async () => [vitest('unit')] },
  {
    name: 'server',
    title: 'The Python server',
    again: true,
    checks: async (parts) => [...(await serverTests(parts, (isBetween) => !isBetween)), await kafkaTests(parts)],
  },
  {
    name: 'templates',
    title: 'Predict scripts against their libraries',
    again: true,
    checks: async (parts) => {
      const pythons = await parts.pythons();
      const python = pythons.find(({ minor }) => minor === '3.11' || minor === '3.12');
      if (!python) throw new Unavailable('Python 3.11 or 3.12, which the libraries need, is not installed here');
      const torch = Boolean(process.env.CI ?? process.env.MODEL_SERVING_TORCH);
      const { path } = await parts.templatePython(python, torch);
      const out = junit('templates');
      const args = ['-B', '-m', 'pytest', '-q', '-p', 'no:cacheprovider', `--junitxml=${out}`, 'test/templates'];
      return [{ title: `Python ${python.minor}`, command: path, args, junit: out, seconds: 1200 }];
    },
  },
  {
    name: 'server-between',
    title: 'The Python server on the versions between the oldest and the newest',
    again: true,
    checks: (parts) => serverTests(parts, (isBetween) => isBetween),
  },
  {
    name: 'clients',
    title: "Hopsworks' own clients against the local API",
    again: true,
    checks: async (parts) => {
      await parts.vsix();
      const log = (/** @type {string} */ text) => console.log(text);
      const pythons = await parts.pythons();
      const python = pythons.find(({ minor }) => minor === '3.11' || minor === '3.12');
      if (!python) throw new Unavailable('Python 3.11 or 3.12, which the clients need, is not installed here');
      return [
        {
          ...vitest('clients', ['--no-file-parallelism']),
          env: await clientEnvironments({ log, python }),
          seconds: 900,
        },
        {
          title: 'our own hops package',
          command: (await parts.testPython()).path,
          args: ['-B', '-m', 'pytest', '-q', '-p', 'no:cacheprovider', `--junitxml=${junit('hops')}`, 'test/hops'],
          junit: junit('hops'),
        },
      ];
    },
  },
  {
    name: 'manifest',
    title: 'Manifest and package',
    checks: async (parts) => {
      const { path } = await parts.vsix();
      return [{ ...vitest('manifest'), env: { MODEL_SERVING_VSIX: path } }];
    },
  },
  {
    name: 'contract',
    title: 'Backends, one suite for all',
    alone: true,
    again: true,
    docker: true,
    checks: async (parts) => {
      await parts.vsix();
      const { path } = await parts.testPython();
      const engine = await parts.dockerEnv();
      const missing = engine.MODEL_SERVING_NO_DOCKER;
      const kafka = await kafkaEnv(parts);
      const env = { ...engine, ...kafka.env, MODEL_SERVING_TEST_PYTHON: path };
      const checks = [{ ...vitest('contract'), env, seconds: 1200 }, ...kafka.missing];
      return missing ? [...checks, { title: 'the Docker backend', missing }] : checks;
    },
  },
  {
    name: 'docker',
    title: 'Containers on a real Docker engine',
    alone: true,
    again: true,
    docker: true,
    checks: async (parts) => {
      const { env } = await parts.docker();
      await parts.vsix();
      const { path } = await parts.testPython();
      const kafka = await kafkaEnv(parts);
      return [...dockerTests({ ...env, ...kafka.env, MODEL_SERVING_TEST_PYTHON: path }), ...kafka.missing];
    },
  },
  {
    name: 'webview',
    title: 'Panels in a browser',
    again: true,
    checks: async (parts) => {
      await parts.vsix();
      const { path } = await parts.chromium();
      return specs('webview', { env: { CHROMIUM: path } });
    },
  },
  {
    name: 'extension',
    title: 'Inside the extension host',
    alone: true,
    again: true,
    docker: true,
    checks: (parts) =>
      inBothHosts(parts, async (which, env, vscode) => {
        if (!existsSync(join(project, 'test/extension/index.ts'))) {
          throw new Unavailable('test/extension: there are no tests in it');
        }
        const args = ['test/host/run-project-tests.mjs', which];
        return [{ title: `VS Code ${vscode}`, command: process.execPath, args, env, lastLine: true }];
      }),
  },
  {
    name: 'ui',
    title: 'Driven as by a person',
    alone: true,
    // An editor that is driven waits more than it works.
    lanes: 2,
    again: true,
    docker: true,
    checks: (parts) =>
      inBothHosts(parts, async (which, env, vscode) => {
        return specs('ui', { title: `VS Code ${vscode}`, env, without: which === 'lowest' ? onlyInNewest : [] });
      }),
  },
];

/**
 * The checks in each host; what a host lacks is the reason for its checks alone.
 * @param {Parts} parts
 * @param {(which: 'lowest' | 'newest', env: NodeJS.ProcessEnv, vscode: string) => Promise<Check[]>} make
 * @returns {Promise<(Check | Missing)[]>}
 */
async function inBothHosts(parts, make) {
  const { path: chromium } = await parts.chromium();
  const { path: vsix } = await parts.vsix();
  const { path: python } = await parts.testPython();
  /** @type {(Check | Missing)[]} */
  const checks = [];
  for (const which of /** @type {const} */ (['lowest', 'newest'])) {
    try {
      const { path, vscode } = await parts.host(which);
      const env = {
        CHROMIUM: chromium,
        ...(await parts.dockerEnv()),
        MODEL_SERVING_HOST: path,
        MODEL_SERVING_VSIX: vsix,
        MODEL_SERVING_TEST_PYTHON: python,
      };
      checks.push(...(await make(which, env, vscode)));
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      checks.push({ title: `the ${which} VS Code`, missing: error.message });
    }
  }
  return checks;
}
