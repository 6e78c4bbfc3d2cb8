import type { LogLine } from '../core/backend';
import { bodyOf } from './body';
import type { Deployments } from './deployments';
import { argument, problem } from './problem';
import type { Call, Reply, Route } from './router';
import type { ServingAccess } from './servingAccess';

const MOST_LOG_BYTES = 50_000;

/** Deployments: create, change, start, stop, delete, logs. */
export function servingRoutes(deployments: Deployments, backend: ServingAccess): readonly Route[] {
  const idOf = ({ params: { id = '' } }: Call): number => {
    if (!/^\d{1,9}$/.test(id)) {
      throw problem(240000);
    }
    return Number(id);
  };
  return [
    ['GET', '/serving', (call) => list(deployments, call)],
    [
      'GET',
      '/serving/:id',
      async (call) => ({ status: 200, json: deployments.view(await deployments.byId(idOf(call), call.signal)) }),
    ],
    [
      'PUT',
      '/serving',
      async (call) => ({
        status: 201,
        json: await deployments.put(await bodyOf(call, 'serving was not provided'), call.signal),
      }),
    ],
    [
      'POST',
      '/serving/:id',
      async (call) => {
        const action = call.query.get('action');
        if (action === null) {
          throw argument('Command not provided');
        }
        switch (action.toUpperCase()) {
          case 'START':
            await deployments.start(idOf(call), call.signal);
            return { status: 200 };
          case 'STOP':
            await deployments.stop(idOf(call), call.signal);
            return { status: 200 };
          default:
            throw problem(120004, `action: ${action}`);
        }
      },
    ],
    [
      'DELETE',
      '/serving/:id',
      async (call) => {
        await deployments.remove(idOf(call), call.signal);
        return { status: 200 };
      },
    ],
    ['GET', '/serving/:id/logs', (call) => logs(deployments, backend, idOf(call), call)],
  ];
}

async function list(deployments: Deployments, { query, signal }: Call): Promise<Reply> {
  const name = query.get('name');
  if (name !== null) {
    return { status: 200, json: deployments.view(await deployments.byName(name, signal)) };
  }
  const [model, version, status] = [query.get('model'), query.get('modelVersion'), query.get('status')];
  if (version !== null && model === null) {
    throw argument('Cannot filter by model version without a model name');
  }
  const all = await deployments.list(signal);
  const wanted = all.filter(
    ({ serving: { definition }, status: is }) =>
      (model === null || definition.model.name === model) &&
      (version === null || definition.model.version === Number(version)) &&
      (status === null || is.toLowerCase() === status.toLowerCase()),
  );
  return { status: 200, json: wanted.map((each) => deployments.view(each)) };
}

async function logs(
  deployments: Deployments,
  backend: ServingAccess,
  id: number,
  { query, signal }: Call,
): Promise<Reply> {
  const { serving, status } = await deployments.byId(id, signal);
  const component = query.get('component') ?? 'predictor';
  if (component !== 'predictor' && component !== 'transformer') {
    throw argument('component not valid, possible values are predictor or transformer');
  }
  if (component === 'transformer' && serving.definition.transformer === undefined) {
    throw argument('Transformer logs only available in KServe deployments with transformer');
  }
  if (['Creating', 'Created', 'Idle', 'Stopped', 'Stopping'].includes(status)) {
    throw problem(240027);
  }
  const tail = Math.max(1, Number(query.get('tail') ?? 5) || 5);
  const lines: LogLine[] = [];
  for await (const line of backend.logs(serving.ref, { tail, follow: false }, signal)) {
    lines.push(line);
  }
  // All of an instance's components write into one log here.
  const content = Buffer.from(lines.map(toText).join('')).subarray(-MOST_LOG_BYTES).toString('utf8');
  return { status: 200, json: [{ instanceName: `${serving.ref.name}-${component}-0`, content }] };
}

function toText({ time, level, message }: LogLine): string {
  return `${new Date(time).toISOString()} ${level} ${message}\n`;
}
