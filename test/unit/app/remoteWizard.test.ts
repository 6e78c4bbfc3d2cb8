import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  askForChanges,
  askForServing,
  type CreateOptions,
  type WizardResult,
} from '../../../src/app/createServing/servingWizard';
import type { OpenPlace, PlaceChoice } from '../../../src/app/remote/openPlace';
import type { HopsworksBackend } from '../../../src/backends/hopsworks/hopsworksBackend';
import { toRequest } from '../../../src/backends/hopsworks/request';
import { DEFAULTS, type ServingDefinition } from '../../../src/core/definition';
import { ServingError } from '../../../src/core/errors';
import type { Model } from '../../../src/core/model';
import { ScriptedPrompts, type Answer } from '../../fakes/scriptedPrompts';
import { FakeHopsworks } from '../hopsworks/fakeHopsworks';
import { anything, backendTo } from '../hopsworks/support';

const LABEL = 'demo (127.0.0.1)';
const CREATE = 'Create Serving';
const MODELS: readonly Model[] = [
  {
    name: 'iris',
    folder: '/w',
    directory: '/w/Models/iris',
    versions: [2, 1].map((version) => ({
      name: 'iris',
      version,
      folder: '/w',
      directory: `/w/Models/iris/${version}`,
      metadata: {},
    })),
  },
];

let server: FakeHopsworks;
let backend: HopsworksBackend;

beforeEach(async () => {
  server = await new FakeHopsworks().listen();
  backend = backendTo(server.address);
  server.models = [{ name: 'iris', version: 1, framework: 'SKLEARN' }];
  server.files.add('Models/iris/1/model.pkl');
});
afterEach(async () => {
  backend.dispose();
  await server.close();
});

const open = async (): Promise<OpenPlace> => ({
  id: backend.id,
  label: LABEL,
  remote: backend.remote,
  offer: await backend.remote.offer(anything()),
  models: await backend.remote.models(anything()),
  names: await backend.remote.names(anything()),
  check: (definition) => backend.remote.checkFiles(definition, anything()),
});
const place = (more: Partial<PlaceChoice> = {}): PlaceChoice => ({ id: backend.id, label: LABEL, open, ...more });

function options(more: Partial<CreateOptions> = {}): CreateOptions {
  return {
    folder: '/w',
    models: MODELS,
    scripts: ['Models/iris/1/predict.py'],
    script: 'Models/iris/1/predict.py',
    taken: [],
    artifacts: () => Promise.resolve([]),
    places: [place()],
    propose: (script) => ({
      ...DEFAULTS,
      name: 'Iris',
      model: { name: 'iris', version: script.includes('/2/') ? 2 : 1 },
      script,
    }),
    ...more,
  };
}

type Script = readonly (readonly [string, Answer])[];

async function create(
  script: Script,
  more: Partial<CreateOptions> = {},
  isKnown = true,
): Promise<WizardResult & { prompts: ScriptedPrompts }> {
  const prompts = new ScriptedPrompts(script);
  const { script: known, ...others } = options(more);
  const result = await askForServing(prompts, {
    ...others,
    ...(isKnown && known !== undefined ? { script: known } : {}),
  });
  prompts.end();
  return { ...result, prompts };
}

const there: Script = [
  [CREATE, 'enter'],
  [CREATE, { pick: 'Where' }],
  ['Where', { pick: LABEL }],
];
const labels = (prompts: ScriptedPrompts): readonly string[] => {
  const last = prompts.asked.at(-1);
  return last && 'choices' in last ? last.choices.map(({ label }) => label) : [];
};
const lineOf = (prompts: ScriptedPrompts, wanted: string): string | undefined => {
  const last = prompts.asked.at(-1);
  return last && 'choices' in last ? last.choices.find(({ label }) => label === wanted)?.description : undefined;
};

describe('the wizard for Hopsworks', () => {
  it('is Enter through once the connection is chosen, with what its server wants', async () => {
    const {
      definition,
      start,
      place: chosen,
      prompts,
    } = await create([...there, [CREATE, { pick: 'Create and Start' }]]);
    expect([chosen, start, definition.name]).toEqual([backend.id, true, 'iris']);
    expect(definition.remote).toEqual({
      server: 'PYTHON',
      tool: 'KSERVE',
      framework: 'SKLEARN',
      topic: { name: 'CREATE' },
      inferenceLogging: 'ALL',
      batching: { enabled: false },
      upload: { script: '/w/Models/iris/1/predict.py' },
    });
    expect(labels(prompts)).toEqual([
      'Create and Start',
      'Create',
      'Script',
      'Model',
      'Where',
      'Artifact',
      'Name',
      'Serving tool',
      'Replicas',
      'Resources',
      'Kafka topic',
      'Inference log',
      'Batching',
      'Transformer',
      'Advanced…',
    ]);
    expect(lineOf(prompts, 'Script')).toBe('predict.py, uploaded');
  });

  it('takes Enter all the way where the connection was chosen before', async () => {
    const { definition, place: chosen } = await create(
      [
        [CREATE, 'enter'],
        [CREATE, 'enter'],
      ],
      { place: place() },
    );
    expect([chosen, definition.backend]).toEqual([backend.id, 'hopsworks']);
  });

  it('sets every field, and Back keeps all of it', async () => {
    server.topicItems = [
      { name: 'logs', schemaName: 'inferenceschema', schemaVersion: 4 },
      { name: 'old', schemaName: 'inferenceschema', schemaVersion: 3 },
      { name: 'bare' },
    ];
    server.files.add('Models/iris/1/Artifacts/3/predictor-packed.py');
    const { definition, start, prompts } = await create([
      ...there,
      [CREATE, 'back'],
      [CREATE, { type: 'Mine' }],
      [CREATE, { pick: 'Replicas' }],
      ['Replicas', { refused: 'x', with: /Enter a number/, then: '2' }],
      [CREATE, { pick: 'Resources' }],
      ['Resources', { refused: '1', with: /cores and MB/, then: '2, 2048, 1' }],
      [CREATE, { pick: 'Kafka topic' }],
      ['Kafka Topic', { pick: 'old' }],
      ['Kafka Topic', { pick: 'logs' }],
      [CREATE, { pick: 'Inference log' }],
      ['Inference Log', { pick: 'PREDICTIONS' }],
      [CREATE, { pick: 'Batching' }],
      ['Batching', { type: '16, 100, 5' }],
      [CREATE, { pick: 'Transformer' }],
      ['Transformer', { pick: 'A file of this computer…' }],
      ['Transformer', { file: '/w/t.py' }],
      [CREATE, { pick: 'Advanced…' }],
      ['Advanced', { pick: 'Replicas of the transformer' }],
      ['Replicas of the Transformer', { type: '3' }],
      [CREATE, { pick: 'Advanced…' }],
      ['Advanced', { pick: 'Resources of the transformer' }],
      ['Resources of the Transformer', { type: '1, 256' }],
      [CREATE, { pick: 'Advanced…' }],
      ['Advanced', { pick: 'Guaranteed resources' }],
      ['Guaranteed Resources', { refused: '4, 32', with: /More cores/, then: '0.5, 64' }],
      [CREATE, { pick: 'Advanced…' }],
      ['Advanced', { pick: 'Description' }],
      ['Description', { type: 'flowers' }],
      [CREATE, { pick: 'Model' }],
      ['Model Version', 'back'],
      [CREATE, { pick: 'Create' }],
    ]);
    expect(start).toBe(false);
    expect(toRequest(definition, 'demo', { hasKserve: true })).toMatchObject({
      name: 'mine',
      requestedInstances: 2,
      kafkaTopicDTO: { name: 'logs' },
      inferenceLogging: 'PREDICTIONS',
      batchingConfiguration: { batchingEnabled: true, maxBatchSize: 16, maxLatency: 100, timeout: 5 },
      predictorResources: {
        requests: { cores: 0.5, memory: 64, gpus: 0 },
        limits: { cores: 2, memory: 2048, gpus: 1 },
      },
      requestedTransformerInstances: 3,
      transformerResources: { limits: { cores: 1, memory: 256, gpus: 0 } },
      description: 'flowers',
    });
    expect(definition.remote?.upload).toEqual({ script: '/w/Models/iris/1/predict.py', transformer: '/w/t.py' });
    const topics = prompts.asked.filter(({ title }) => title === 'Kafka Topic');
    expect(topics[1]).toMatchObject({ placeholder: expect.stringMatching(/KServe takes 4/) as string });
  });

  it('keeps what was said before a look at the other place, and leaves out what the default tool has not', async () => {
    const { definition, prompts } = await create([
      ...there,
      [CREATE, { pick: 'Transformer' }],
      ['Transformer', { pick: 'A file of this computer…' }],
      ['Transformer', { file: '/w/t.py' }],
      [CREATE, { pick: 'Inference log' }],
      ['Inference Log', { pick: 'MODEL_INPUTS' }],
      [CREATE, { pick: 'Serving tool' }],
      ['Serving Tool', { pick: 'Default' }],
      [CREATE, 'enter'],
      ['Serving Tool', 'back'],
      [CREATE, { pick: 'Create' }],
    ]);
    expect(definition.transformer).toBeUndefined();
    expect(definition.remote).toMatchObject({ tool: 'DEFAULT', inferenceLogging: 'ALL' });
    expect(definition.remote?.upload).toEqual({ script: '/w/Models/iris/1/predict.py' });
    expect(labels(prompts)).not.toContain('Batching');
    const back = await create([
      [CREATE, 'enter'],
      [CREATE, { pick: 'Port' }],
      ['Port', { type: '8080' }],
      [CREATE, { pick: 'Where' }],
      ['Where', { pick: LABEL }],
      [CREATE, { pick: 'Where' }],
      ['Where', { pick: 'Docker' }],
      [CREATE, { pick: 'Create' }],
    ]);
    expect(back).toMatchObject({ definition: { port: 8080, backend: 'docker', name: 'Iris' } });
    expect(back.place).toBeUndefined();
  });

  it('says what would be refused before it is sent, and takes no yes for it', async () => {
    server.variables = { kube_serving_max_num_instances: '2' };
    const { definition, prompts } = await create([
      ...there,
      [CREATE, { pick: 'Replicas' }],
      ['Replicas', { refused: '3', with: /at most 2 replicas/, then: '2' }],
      [CREATE, { pick: 'Model' }],
      ['Model Version', { pick: 'iris' }],
      [CREATE, { pick: 'Script' }],
      ['Predict Script', { pick: 'None' }],
      [CREATE, { pick: 'Advanced…' }],
      ['Advanced', { pick: 'Model server' }],
      ['Model Server', { pick: 'TensorFlow Serving' }],
      [CREATE, { pick: 'Create' }],
      [CREATE, { pick: 'Advanced…' }],
      ['Advanced', { pick: 'Model server' }],
      ['Model Server', { pick: 'Python' }],
      [CREATE, { pick: 'Create' }],
      [CREATE, { pick: 'Script' }],
      ['Predict Script', { pick: 'predict.py' }],
      [CREATE, { pick: 'Create' }],
    ]);
    const placeholders = prompts.asked.flatMap((asked) => ('placeholder' in asked ? [asked.placeholder] : []));
    expect(placeholders.join('\n')).toMatch(/saved model/);
    expect(placeholders.join('\n')).toMatch(/It needs a Predict script/);
    expect(definition.script).toBe('predict.py');
  });

  it('takes the version of this computer along where the registry has it not', async () => {
    const { definition } = await create([...there, [CREATE, { pick: 'Create' }]], {
      scripts: ['Models/iris/2/predict.py'],
      script: 'Models/iris/2/predict.py',
    });
    expect(definition.remote?.upload).toEqual({
      script: '/w/Models/iris/2/predict.py',
      model: '/w/Models/iris/2',
    });
  });

  it('begins without a script of this computer, with a model of the registry', async () => {
    const { definition } = await create(
      [
        [CREATE, { pick: 'None of this computer' }],
        [CREATE, 'enter'],
        [CREATE, { pick: 'Script' }],
        ['Predict Script', { pick: 'A file on Hopsworks…' }],
        ['Script on Hopsworks', { refused: 'x', with: /path/, then: 'Resources/serve.py' }],
        [CREATE, { pick: 'Create' }],
      ],
      { place: place(), scripts: [] },
      false,
    );
    expect(definition).toMatchObject({
      name: 'iris',
      model: { name: 'iris', version: 1 },
      script: 'Resources/serve.py',
    });
    expect(definition.remote?.upload).toBeUndefined();
  });

  it('begins with the version of the registry that it was called for', async () => {
    const { definition } = await create(
      [
        [CREATE, { pick: 'None of this computer' }],
        [CREATE, 'enter'],
        [CREATE, { pick: 'Script' }],
        ['Predict Script', { pick: 'A file on Hopsworks…' }],
        ['Script on Hopsworks', { type: 'Resources/serve.py' }],
        [CREATE, { pick: 'Create' }],
      ],
      { place: place(), scripts: [], model: { name: 'iris', version: 2 } },
      false,
    );
    expect(definition).toMatchObject({ name: 'iris', model: { name: 'iris', version: 2 } });
  });

  it('says in its line why a connection cannot be chosen, and goes on', async () => {
    server.role = 'Data scientist';
    const { definition, prompts } = await create(
      [...there, ['Where', { pick: 'other' }], ['Where', { pick: 'This computer' }], [CREATE, { pick: 'Create' }]],
      {
        places: [
          place(),
          place({
            id: 'hopsworks:x' as typeof backend.id,
            label: 'other',
            open: () => Promise.reject(new ServingError('unreachable', 'gone')),
          }),
        ],
      },
    );
    expect(definition.backend).toBe('process');
    const [, second, third] = prompts.asked.filter(({ title }) => title === 'Where');
    expect(JSON.stringify(second)).toMatch(/it takes a Data owner/);
    expect(JSON.stringify(third)).toMatch(/"gone"/);
  });
});

describe('the wizard that edits a serving on Hopsworks', () => {
  const shown = async (): Promise<ServingDefinition> => {
    const [found] = await backend.servings(anything());
    if (!found) {
      throw new Error('it is not there');
    }
    return found.definition;
  };
  beforeEach(() => {
    server.topicItems = [{ name: 'iris-inf4821', schemaName: 'inferenceschema', schemaVersion: 4 }];
  });

  it('shows what is there, and Enter changes nothing', async () => {
    server.add('iris', 'Running');
    const before = await shown();
    const prompts = new ScriptedPrompts([['Edit iris', 'enter']]);
    const { definition } = await askForChanges(prompts, options(), before, true, await open());
    expect(definition).toEqual(before);
    expect(labels(prompts)).not.toContain('Where');
    expect(lineOf(prompts, 'Kafka topic')).toBe('iris-inf4821');
    expect(lineOf(prompts, 'Resources')).toBe('1 core, 512 MB');
    expect(lineOf(prompts, 'Artifact')).toBe('1');
  });

  it('packs another script anew, and goes back to the one of before', async () => {
    server.add('iris', 'Stopped');
    const before = await shown();
    const answers: Script = [
      ['Edit iris', { pick: 'Script' }],
      ['Predict Script', { pick: 'predict.py' }],
      ['Edit iris', 'enter'],
    ];
    const same = await askForChanges(
      new ScriptedPrompts([...answers.slice(0, 2), ['Edit iris', { pick: 'Save' }]]),
      options(),
      before,
      false,
      await open(),
    );
    expect(same.definition).toMatchObject({ script: 'predict.py', artifact: 1 });
    const other = new ScriptedPrompts([
      ['Edit iris', { pick: 'Script' }],
      ['Predict Script', { pick: 'other.py' }],
      ['Edit iris', { pick: 'Save' }],
    ]);
    const changed = await askForChanges(
      other,
      { ...options(), scripts: ['scripts/other.py'] },
      before,
      false,
      await open(),
    );
    expect(changed.definition).toMatchObject({
      script: 'other.py',
      artifact: 'CREATE',
      remote: { upload: { script: '/w/scripts/other.py' } },
    });
  });
});
