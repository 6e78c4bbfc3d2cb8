// How each server is started: ours with the compiled parts and without, and the peers with the batching that they have.
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../../setup/command.mjs';
import { project } from '../../setup/paths.mjs';

/** @import { Form } from './cases.mjs' */

/**
 * @typedef {object} Place what a server is started with
 * @property {string} python of its environment
 * @property {number} port
 * @property {string} folder its own, empty
 * @property {string} script the model's
 * @property {unknown} sample `inputs` of a request
 * @property {Readonly<Record<string, string>>} env
 */
/** @typedef {{ command: readonly string[], env?: Readonly<Record<string, string>> }} Start */
/**
 * @typedef {object} Contestant
 * @property {string} requirements
 * @property {Form} form
 * @property {string} path
 * @property {(place: Place) => Start | Promise<Start>} start
 */

const here = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.url));
const peers = here('peers');
const bin = (/** @type {string} */ python, /** @type {string} */ name) => join(dirname(python), name);
export const RUN = join(project, 'src/server/run.py');
export const WORKERS = 2;
const uvicorn = ['--workers', String(WORKERS), '--http', 'httptools', '--loop', 'uvloop', '--log-level', 'warning'];

/**
 * Ours, with a launch file as the extension writes it.
 * @param {Place} place
 * @param {number} replicas
 * @param {Readonly<Record<string, unknown>>} more fields of the launch file
 * @returns {Start}
 */
export function startOurs({ python, port, folder, script, sample }, replicas = WORKERS, more = {}) {
  const artifact = join(folder, 'artifact');
  const runDir = join(folder, 'run');
  for (const name of [artifact, runDir]) mkdirSync(name, { recursive: true });
  const copy = join(artifact, 'irisflowerclassifier.py');
  copyFileSync(script, copy);
  const launch = {
    name: 'iris',
    model: { name: 'iris', version: 1 },
    script: copy,
    artifact: { label: 'iris_1_1', dir: artifact },
    projectDir: null,
    host: '127.0.0.1',
    port,
    replicas: { min: replicas },
    runDir,
    log: { file: join(runDir, 'server.log'), maxBytes: 5_000_000, backups: 4 },
    sample,
    ...more,
  };
  const file = join(folder, 'launch.json');
  writeFileSync(file, JSON.stringify(launch));
  const bytecode = `model_server_bytecode=${join(dirname(folder), 'bytecode')}`;
  const options = ['-X', 'utf8', '-X', bytecode, '-u', '-B'];
  return { command: [python, ...options, RUN, 'serve', '--config', file, '--instance', 'bench'] };
}

/** @type {Contestant} */
const ours = { requirements: 'compiled', form: 'v1', path: '/v1/models/iris:predict', start: startOurs };

/** @param {(place: Place) => unknown} log its inference log @returns {Contestant} */
const logging = (log) => ({
  ...ours,
  requirements: 'records',
  start: (place) => startOurs(place, WORKERS, { inferenceLog: log(place) }),
});
/** @param {string | undefined} brokers */
const kafka = (brokers) => ({ kafka: { brokers, topic: 'bench' } });

/** @type {Readonly<Record<string, Contestant>>} */
export const ownServers = {
  ours,
  // The same with an inference log, see inferencelog.mjs; nobody listens on port 9.
  noLog: logging(() => ({})),
  fileLog: logging(({ folder }) => ({ file: { folder: join(folder, 'log') } })),
  kafkaLog: logging(() => kafka(process.env.BENCH_KAFKA)),
  kafkaAway: logging(() => kafka('127.0.0.1:9')),
  pure: { ...ours, requirements: 'pure' },
  ceiling: { ...ours, start: ({ python, port }) => ({ command: [python, here('ceiling.py'), String(port)] }) },
  uvicorn: {
    ...ours,
    requirements: 'uvicorn',
    start: ({ python, port }) => ({
      command: [python, '-m', 'uvicorn', 'constant:app', '--app-dir', here('.'), '--port', String(port), ...uvicorn],
    }),
  },
};

/** Servers that give a constant answer: our HTTP layer, and an ASGI app on uvicorn. */
export const constants = ['ceiling', 'uvicorn'];

/** @type {Readonly<Record<string, Contestant>>} */
export const peerServers = {
  mlserver: {
    requirements: 'mlserver',
    form: 'v2',
    path: '/v2/models/iris/infer',
    async start({ python, port, folder }) {
      const settings = {
        name: 'iris',
        implementation: 'mlserver_app.Runtime',
        max_batch_size: 32,
        max_batch_time: 0.005,
      };
      writeFileSync(join(folder, 'model-settings.json'), JSON.stringify(settings));
      const ports = {
        http_port: port,
        grpc_port: port + 1,
        metrics_port: port + 2,
        metrics_rest_server_prefix: 'bench',
      };
      const quiet = { host: '127.0.0.1', parallel_workers: 0, debug: false, metrics_endpoint: null };
      writeFileSync(join(folder, 'settings.json'), JSON.stringify({ ...ports, ...quiet }));
      return { command: [bin(python, 'mlserver'), 'start', folder] };
    },
  },
  bentoml: bento('1'),
  'bentoml-plain': bento('0'),
  kserve: program('kserve', '/v1/models/iris:predict', { PYTHONWARNINGS: 'ignore' }), // one for each request otherwise
  litserve: program('litserve', '/predict'),
  'litserve-plain': program('litserve', '/predict', { BENCH_BATCH: '0' }),
  rayserve: program('rayserve', '/predict', { RAY_USAGE_STATS_ENABLED: '0', RAY_SERVE_LOG_LEVEL: 'WARNING' }),
  mlflow: {
    requirements: 'mlflow',
    form: 'v1',
    path: '/invocations',
    async start({ python, port, folder, env }) {
      const model = join(folder, 'model');
      const own = { MLFLOW_DISABLE_TELEMETRY: 'true' };
      await run(python, [join(peers, 'mlflow_model.py'), model], { cwd: folder, env: { ...env, ...own } });
      const serve = ['models', 'serve', '-m', model, '--env-manager', 'local', '-h', '127.0.0.1', '-p', String(port)];
      return { command: [bin(python, 'mlflow'), ...serve, '--workers', String(WORKERS)], env: own };
    },
  },
};

/** The peers that the goals name, each with its batching. */
export const usualPeers = ['mlserver', 'bentoml', 'kserve', 'litserve', 'rayserve', 'mlflow'];

/**
 * A peer that is a Python program of peers/.
 * @param {string} name
 * @param {string} path
 * @param {Readonly<Record<string, string>>} [env]
 * @returns {Contestant}
 */
function program(name, path, env = {}) {
  const file = join(peers, `${name}_app.py`);
  return { requirements: name, form: 'v1', path, start: ({ python }) => ({ command: [python, file], env }) };
}

/** @param {'0' | '1'} batch @returns {Contestant} */
function bento(batch) {
  const env = { BENCH_BATCH: batch, BENTOML_DO_NOT_TRACK: 'True' };
  return {
    requirements: 'bentoml',
    form: 'v1',
    path: '/predict',
    start: ({ python, port }) => ({
      command: [bin(python, 'bentoml'), 'serve', 'bentoml_app:Iris', '--host', '127.0.0.1', '--port', String(port)],
      env,
    }),
  };
}

/**
 * The variables that every server gets.
 * @param {object} options
 * @param {string} options.python
 * @param {number} options.port
 * @param {string} options.folder
 * @param {string} options.script
 * @param {string} options.files the fitted models
 * @param {number} options.rows of a request
 * @param {string} [options.heavy]
 * @returns {Record<string, string>}
 */
export function variablesOf({ python, port, folder, script, files, rows, heavy = '' }) {
  return {
    PATH: `${dirname(python)}:${process.env.PATH}`,
    HOME: folder,
    PYTHONPATH: `${peers}:${dirname(script)}`,
    BENCH_PORT: String(port),
    BENCH_SCRIPT: script,
    BENCH_FILES: files,
    BENCH_ROWS: String(rows),
    BENCH_HEAVY: heavy,
    BENCH_PEERS: peers,
    BENCH_TEMP: join(folder, 'temp'),
  };
}
