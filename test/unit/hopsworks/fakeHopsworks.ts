import { failure, Front, type Answer, type Asked } from '../../fakes/hopsworks/front';
import { FakeFiles } from './fakeFiles';

export const KEY = 'PREFIX0123456789.verysecretpart';

export interface Deployment {
  id: number;
  name: string;
  fields: Record<string, unknown>;
  status: string;
  condition?: { type: string; status?: boolean; reason: string };
  /** What becomes of it with the next looks, one with each. */
  next: { status: string; condition?: Deployment['condition'] }[];
  revision?: string;
  logs: Record<string, string>;
}

/**
 * A server whose every word is the test's: states that follow one another with each look, logs that are cut, fields of any
 * release. TestHopsworks, which tells of a backend that really does what is asked, never says most of that.
 */
export class FakeHopsworks extends Front {
  readonly deployments = new Map<string, Deployment>();
  readonly topics = new Set<string>();
  readonly files = new FakeFiles();
  /** Where servings answer without it in between. */
  endpoints: unknown[] = [];
  /** Of the registry. */
  models: Record<string, unknown>[] = [];
  /** What the list of topics tells beside their names. */
  topicItems: Record<string, unknown>[] = [];
  readonly scopes = new Set(['PROJECT', 'SERVING', 'MODELREGISTRY', 'DATASET_VIEW', 'KAFKA']);
  key = KEY;
  role = 'Data owner';
  version = '3.8.0';
  kserve = true;
  variables: Record<string, string> = {};
  /** What a start goes through. */
  starting: Deployment['next'] = [
    { status: 'Starting', condition: { type: 'SCHEDULED', reason: 'Waiting for being scheduled' } },
    { status: 'Starting', condition: { type: 'INITIALIZED', reason: 'Initializing deployment' } },
    { status: 'Starting', condition: { type: 'STARTED', reason: 'Deployment is starting' } },
    { status: 'Starting', condition: { type: 'READY', reason: 'Setting up connectivity' } },
    { status: 'Running', condition: { type: 'READY', status: true, reason: 'Deployment is ready' } },
  ];
  private next = 7;

  add(name: string, status = 'Created', fields: Record<string, unknown> = {}): Deployment {
    const deployment: Deployment = {
      id: this.next++,
      name,
      fields: { ...example(name), ...fields },
      status,
      next: [],
      logs: {},
    };
    this.deployments.set(name, deployment);
    return deployment;
  }

  protected answer(asked: Asked): Answer {
    const { method, path } = asked;
    if (path === '/variables/versions') {
      return { status: 200, body: [{ software: 'hopsworks', version: this.version }] };
    }
    const auth = asked.headers.authorization;
    if (auth === undefined) {
      return failure(401, 200003, 'Authorization header not set.');
    }
    if (auth !== `ApiKey ${this.key}`) {
      return failure(401, 320013, 'API key not found in the database');
    }
    const refused = this.refused(path, method);
    if (refused) {
      return refused;
    }
    if (path === '/project') {
      return { status: 200, body: [{ project: { name: 'demo', id: 119 }, teamRole: this.role }] };
    }
    if (path === '/project/getProjectInfo/demo') {
      return { status: 200, body: { projectId: 119, projectName: 'demo' } };
    }
    if (path.startsWith('/project/getProjectInfo/')) {
      return failure(404, 150004, "Project wasn't found.");
    }
    const variable = /^\/variables\/(\w+)$/.exec(path)?.[1];
    if (variable !== undefined) {
      const value = variable === 'kube_kserve_installed' ? String(this.kserve) : this.variables[variable];
      return value === undefined
        ? failure(404, 100050, 'Variable not found')
        : { status: 200, body: { successMessage: value } };
    }
    return this.inProject(asked, path.replace(/^\/project\/119/, ''));
  }

  private refused(path: string, method: string): Answer | undefined {
    const scope = path.includes('/kafka/')
      ? 'KAFKA'
      : path.includes('/modelregistries')
        ? 'MODELREGISTRY'
        : path.includes('/dataset')
          ? 'DATASET_VIEW'
          : /\/(serving|inference)/.test(path)
            ? 'SERVING'
            : 'PROJECT';
    if (!this.scopes.has(scope)) {
      return failure(403, 320004, 'No valid scope found for this invocation');
    }
    const writes = method !== 'GET' && path.includes('/serving');
    return writes && this.role !== 'Data owner'
      ? failure(403, 150068, 'Your project role does not allow to perform this action.')
      : undefined;
  }

  private inProject(asked: Asked, path: string): Answer {
    if (path === '/serving') {
      return asked.method === 'PUT' ? this.put(asked) : this.list(asked.query.name);
    }
    const [, id, logs] = /^\/serving\/(\d+)(\/logs)?$/.exec(path) ?? [];
    if (id !== undefined) {
      const found = [...this.deployments.values()].find((each) => each.id === Number(id));
      return found ? this.one(asked, found, logs !== undefined) : failure(500, 120005, 'A persistence error occurred.');
    }
    const [, name, verb] = /^\/inference\/models\/(\w+):(\w+)$/.exec(path) ?? [];
    if (name !== undefined) {
      return this.infer(asked, name, verb ?? '');
    }
    const topic = /^\/kafka\/topics\/(.+)$/.exec(path)?.[1];
    if (topic !== undefined && asked.method === 'DELETE') {
      return this.topics.delete(topic) ? { status: 204 } : failure(404, 190000, 'Topic not found');
    }
    if (path === '/inference/endpoints') {
      return { status: 200, body: this.endpoints };
    }
    if (path.startsWith('/dataset/')) {
      return this.files.answer(asked, path.slice('/dataset/'.length));
    }
    if (path === '/modelregistries/119/models') {
      const from = Number(asked.query.offset ?? 0);
      return { status: 200, body: { items: this.models.slice(from, from + Number(asked.query.limit)) } };
    }
    if (path === '/kafka/topics' && this.topicItems.length > 0) {
      return { status: 200, body: { items: this.topicItems, count: this.topicItems.length } };
    }
    return path === '/modelregistries' || path === '/kafka/topics'
      ? { status: 200, body: { items: [], count: 0 } }
      : { status: 404, raw: '' };
  }

  private list(name: string | undefined): Answer {
    if (name === undefined) {
      return { status: 200, body: [...this.deployments.values()].map((each) => this.view(each)) };
    }
    const found = this.deployments.get(name);
    if (!found) {
      return failure(404, 240000, 'Serving instance not found');
    }
    const next = found.next.shift();
    if (next) {
      found.status = next.status;
      delete found.condition;
      Object.assign(found, next.condition ? { condition: next.condition } : {});
    }
    return { status: 200, body: this.view(found) };
  }

  private view({ id, name, fields, status, condition, revision }: Deployment): unknown {
    const runs = status !== 'Created' && status !== 'Stopped' && status !== 'Creating';
    return {
      ...fields,
      id,
      name,
      status,
      ...(condition ? { condition } : {}),
      ...(runs ? { deployed: '2026-11-29T10:00:00.000Z' } : {}),
      ...(revision === undefined ? {} : { revision }),
      availableInstances: status === 'Running' ? 1 : 0,
      hopsworksInferencePath: `/project/119/inference/models/${name}`,
    };
  }

  private put({ body }: Asked): Answer {
    const { id, name, ...fields } = JSON.parse(body) as { id: number | null; name: string } & Record<string, unknown>;
    const known = this.deployments.get(name);
    if (known && known.id !== id) {
      return failure(400, 240011, 'An entry with the same name already exists in this project');
    }
    if (known && (known.status === 'Starting' || known.status === 'Updating')) {
      return failure(
        500,
        240002,
        'Serving instance could not be updated',
        'Deployment is starting. Please, try later.',
      );
    }
    const deployment = known ?? this.add(name);
    const topic = fields.kafkaTopicDTO as { name: string } | null;
    if (topic?.name === 'CREATE') {
      topic.name = `${name}-inf4821`;
      this.topics.add(topic.name);
    }
    deployment.fields = { ...fields, created: '2026-11-29T09:00:00.000Z', creator: 'Ada Lovelace' };
    if (known && (known.status === 'Running' || known.status === 'Idle' || known.status === 'Failed')) {
      deployment.revision = '00000002';
      deployment.status = 'Updating';
      deployment.next = [{ status: 'Updating' }, { status: 'Running' }];
    }
    return { status: 201, body: { ...fields, id: deployment.id, name } };
  }

  private one(asked: Asked, found: Deployment, logs: boolean): Answer {
    if (logs) {
      return this.logs(asked, found);
    }
    if (asked.method === 'DELETE') {
      if (found.status === 'Starting' || found.status === 'Updating') {
        return failure(
          500,
          240001,
          'Serving instance could not be deleted',
          'Deployment is starting. Please, try later.',
        );
      }
      this.deployments.delete(found.name);
      return { status: 200 };
    }
    const refuse = (usrMsg: string): Answer =>
      failure(400, 240003, 'Serving instance could not be started/stopped', usrMsg);
    if (asked.query.action === 'START') {
      switch (found.status) {
        case 'Created':
        case 'Stopped':
          found.status = 'Starting';
          found.revision = '00000001';
          found.next = [...this.starting];
          return { status: 200 };
        case 'Failed':
          return refuse('Deployment is in a failed state and cannot be started.');
        case 'Creating':
        case 'Stopping':
          return refuse('Deployment is being prepared. Please, try later.');
        default:
          return refuse('Deployment is already started.');
      }
    }
    switch (found.status) {
      case 'Running':
      case 'Idle':
      case 'Failed':
        found.status = 'Stopping';
        found.next = [{ status: 'Stopping' }, { status: 'Stopped' }];
        return { status: 200 };
      case 'Starting':
        return refuse('Deployment is starting. Please, try later.');
      default:
        return refuse('Deployment is already stopped.');
    }
  }

  private logs({ query }: Asked, { status, logs }: Deployment): Answer {
    if (status === 'Stopped' || status === 'Created') {
      return failure(404, 240027, 'Server logs not available');
    }
    const tail = Number(query.tail ?? 5);
    const body = Object.entries(logs)
      .filter(([name]) => name.includes(query.component ?? 'predictor'))
      .map(([instanceName, text]) => ({ instanceName, content: lastLines(text, tail) }));
    return { status: 200, body };
  }

  private infer({ body }: Asked, name: string, verb: string): Answer {
    const found = this.deployments.get(name);
    if (!found) {
      return failure(404, 250000, 'Serving instance not found', `name: ${name}`);
    }
    if (found.status !== 'Running' && found.status !== 'Idle') {
      return failure(400, 250001, 'Serving instance not running');
    }
    if (verb === 'classify') {
      return failure(400, 250004, 'Request malformed', 'Verb :classify not supported in KServe deployments');
    }
    const { inputs } = JSON.parse(body) as { inputs: unknown };
    return inputs === 'raise'
      ? failure(500, 250007, 'Serving instance internal error', 'ValueError')
      : { status: 200, body: { predictions: inputs } };
  }
}

function lastLines(text: string, count: number): string {
  const lines = text.split('\n');
  const ended = lines.at(-1) === '';
  return lines.slice(-(ended ? count + 1 : count)).join('\n');
}

function example(name: string): Record<string, unknown> {
  return {
    modelName: 'iris',
    modelPath: '/Projects/demo/Models/iris',
    modelVersion: 1,
    modelFramework: 'PYTHON',
    artifactVersion: 1,
    modelServer: 'PYTHON',
    servingTool: 'KSERVE',
    predictor: 'predict.py',
    requestedInstances: 1,
    predictorResources: { requests: { cores: 0.2, memory: 32, gpus: 0 }, limits: { cores: 1, memory: 512, gpus: 0 } },
    inferenceLogging: 'ALL',
    kafkaTopicDTO: { name: `${name}-inf4821`, schemaName: 'inferenceschema', schemaVersion: 4 },
    batchingConfiguration: { batchingEnabled: false },
    created: '2026-11-29T09:00:00.000Z',
    creator: 'Ada Lovelace',
  };
}
