// The main job without an editor: export, create, start, predict, logs. The editor that opens afterwards finds the serving
// running, as every window does. Prints one JSON line a step: {"step", "seconds", "what"}.
import { copyFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { proposeDefinition } from '../../src/app/createServing/proposal';
import { exportModel } from '../../src/app/models/exportModel';
import { readModels } from '../../src/app/models/modelFolder';
import { Artifacts } from '../../src/backends/artifacts/artifacts';
import { DefinitionFiles } from '../../src/backends/definitions/definitionFiles';
import { Http } from '../../src/backends/http';
import { Lease } from '../../src/backends/process/lease';
import { workspaceStorage } from '../../src/backends/local/paths';
import { ProcessBackend } from '../../src/backends/process/processBackend';
import { localProcesses } from '../../src/backends/process/processes';
import type { ServingRef } from '../../src/core/serving';

const [
  folder = '',
  globalStorage = '',
  serverRoot = '',
  python = '',
  modelFile = '',
  scriptFile = '',
  name = '',
  body = '',
] = process.argv.slice(2);
const nothing = (): void => undefined;
const log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
const operation = { signal: new AbortController().signal, report: nothing };
const storage = workspaceStorage(globalStorage, folder);
const lease = new Lease(join(storage, 'lease'), log);
const backend = new ProcessBackend({
  folder: { name: basename(folder), path: folder },
  storage,
  lease,
  serverRoot,
  definitions: new DefinitionFiles(folder),
  http: new Http(),
  processes: localProcesses(),
  pythons: { prepare: () => Promise.resolve({ executable: python }) },
  packer: new Artifacts(folder, join(storage, 'artifacts')),
  secrets: { get: () => Promise.resolve(undefined) },
  trust: { isTrusted: true, onDidGrant: () => ({ dispose: nothing }) },
  describePython: () => Promise.resolve(python),
  settings: () => ({ loadSeconds: 300, drainSeconds: 10, bodyBytes: 1_000_000, keepRunningSeconds: 600 }),
  log,
});

async function step<T>(title: string, work: () => Promise<T>, describe: (result: T) => string = () => ''): Promise<T> {
  const started = performance.now();
  const result = await work();
  process.stdout.write(
    `${JSON.stringify({ step: title, seconds: (performance.now() - started) / 1000, what: describe(result) })}\n`,
  );
  return result;
}

async function main(): Promise<void> {
  const version = await step(
    `export ${modelFile}`,
    () =>
      exportModel(
        { source: join(folder, modelFile), folder, name, version: 1, overwrite: false, metadata: {} },
        operation,
      ),
    ({ directory, metadata }) => `${directory} (${metadata.framework ?? 'unknown framework'})`,
  );
  const script = join(version.directory, scriptFile);
  await step(`copy ${scriptFile} beside the model`, () => copyFile(join(folder, scriptFile), script));
  const definition = proposeDefinition({ folder, script, models: await readModels(folder), taken: [] });
  if (!definition) {
    throw new Error('there is no model to serve');
  }
  // What an earlier demo left running has the name.
  await backend.remove({ backend: backend.id, name: definition.name }, operation);
  const ref = await step(
    'create the serving',
    () => backend.create(definition, operation),
    (made) => `servings/${made.name}.serving.json`,
  );
  await step('start it', () => backend.start(ref, operation));
  const reply = await step(
    'predict',
    () => backend.predict(ref, { verb: 'predict', body }, operation.signal),
    ({ status, body: text, latencyMs }) => `${body}\n${status} ${text}  ${latencyMs.toFixed(1)} ms`,
  );
  if (reply.status !== 200) {
    throw new Error(`the prediction failed with ${reply.status}`);
  }
  await step(
    'its inference log',
    () => records(ref),
    (count) => `${count} ${count === 1 ? 'record' : 'records'}`,
  );
  await step(
    'its last log lines',
    async () => {
      const lines: string[] = [];
      for await (const line of backend.logs(ref, { tail: 5, follow: false }, operation.signal)) {
        lines.push(`${line.level} ${line.message}`);
      }
      return lines;
    },
    (lines) => lines.join('\n'),
  );
}

/** How many records there are of the predictions; the first one takes a moment. */
async function records(ref: ServingRef): Promise<number> {
  for (let look = 0; look < 100; look++) {
    const { bytes } = await backend.inferenceLog(ref, undefined, operation.signal);
    if (bytes.length > 0) {
      return Buffer.from(bytes).toString('utf8').trimEnd().split('\n').length;
    }
    await sleep(100);
  }
  throw new Error('the prediction left no record in the inference log');
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
