// Python environments with Hopsworks' own clients from PyPI. Run by itself it prints where they are.
import { pathToFileURL } from 'node:url';
import { ensurePythonEnvironment } from '../setup/python-env.mjs';

/** What their tests train and serve. */
const LEARN = 'scikit-learn==1.7.2';

/** Name of the variable that tells the tests where an environment is, and what is in it. */
const CLIENTS = {
  MODEL_SERVING_HSML_PYTHON: { name: 'hsml', packages: ['hsml==3.7.2', LEARN] },
  MODEL_SERVING_HOPSWORKS_PYTHON: { name: 'hopsworks', packages: ['hopsworks==5.2.1', 'pyarrow==25.0.1', LEARN] },
  MODEL_SERVING_HOPS_PYTHON: { name: 'hops', packages: ['hops==2.5.0.2', LEARN] },
  // The one that the page was written for: its code runs with it as it stands.
  MODEL_SERVING_HOPS24_PYTHON: { name: 'hops24', packages: ['hops==2.4.0.0', LEARN] },
};

/**
 * @param {{ log: (text: string) => void, python?: import('../setup/python.mjs').Python }} options
 * @returns {Promise<Record<string, string>>} variables for the tests
 */
export async function clientEnvironments({ log, python }) {
  /** @type {Record<string, string>} */
  const env = {};
  for (const [variable, { name, packages }] of Object.entries(CLIENTS)) {
    env[variable] = (await ensurePythonEnvironment({ log, name, packages, ...(python && { python }) })).path;
  }
  return env;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  console.log(JSON.stringify(await clientEnvironments({ log: (text) => console.error(text) })));
}
