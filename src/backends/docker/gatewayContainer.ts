import { createHash, randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { isCancelled, ServingError } from '../../core/errors';
import type { Operation } from '../../core/backend';
import type { ServingDefinition } from '../../core/definition';
import { t } from '../../core/l10n';
import { ofClash } from './clash';
import type { DockerContext } from './dockerContext';
import type { ContainerSummary } from './engine/port';
import { LABEL } from './labels';
import { GATEWAY_PORT, UPSTREAM } from './ports';
import { newestGateway } from './newestGateway';
import { stopSeconds } from './replicas';

/** What a gateway was made for, so that another one is made only when that has changed. */
const KEY = 'model-serving.gateway';
const ATTEMPTS = 10;
/** A gateway mounts the volume of the secrets only to keep its content: it lies in memory. */
const HOLD = '/run/hold';

/** What is left of the gateway before, which answers until it is ended. */
export interface EnsuredGateway {
  readonly old: readonly ContainerSummary[];
  /** Where the one that fits answers. */
  readonly port: number | undefined;
  /** The one that was made beside them: its id. */
  readonly beside?: string;
}

/** Where and when a gateway is to answer, beyond what the definition says. */
export interface GatewayWish {
  /** Where it is to answer when there is none that could say so. */
  readonly lastPort?: number | undefined;
  /** In place of the definition's port; at no other one. */
  readonly at?: number | undefined;
  /** At a free one, whatever the definition says. */
  readonly elsewhere?: boolean | undefined;
  /** The volume that one that is made now holds. */
  readonly secrets?: string | undefined;
}

/** A gateway that runs and fits the definition: the one that is there, or another one beside it. */
export async function ensureGateway(
  context: DockerContext,
  asked: ServingDefinition,
  operation: Operation,
  { lastPort, at, elsewhere, secrets }: GatewayWish = {},
): Promise<EnsuredGateway> {
  const definition: ServingDefinition = elsewhere === true ? { ...asked, port: 'auto' } : asked;
  const { engine, objects, gateways, settings } = context;
  const image = await gateways.image(settings, operation);
  const all = (await engine.listContainers(objects.filter('gateway'))).filter(
    ({ labels }) => labels[LABEL.role] === 'gateway',
  );
  const key = keyOf(context, definition, image);
  const fitting = all.filter(({ labels, state }) => labels[KEY] === key && state === 'running');
  const current = newestGateway(fitting) ?? newestGateway(all);
  const before = current && publishedPort(current);
  if (current?.labels[KEY] === key && current.state === 'running' && (at ?? before) === before) {
    return { old: all.filter((each) => each !== current), port: before };
  }
  const dead = all.filter(({ state }) => state !== 'running');
  await Promise.all(dead.map(({ id }) => engine.removeContainer(id)));
  const living = all.filter(({ state }) => state === 'running');
  const wanted = at ?? (definition.port === 'auto' ? before : definition.port);
  // One port cannot be published twice: then there is a gap.
  const clash = living.filter((each) => publishedPort(each) === wanted);
  await Promise.all(clash.map(({ id }) => engine.removeContainer(id)));
  const left = living.filter((each) => !clash.includes(each));
  const isSecond = left.length > 0;
  const mayDiffer = definition.port === 'auto' && at === undefined;
  const plan = { key, wanted: wanted ?? lastPort, mayDiffer, isSecond, secrets };
  const made = await startOne(context, definition, image, plan);
  return { old: left, port: made.port, ...(isSecond ? { beside: made.id } : {}) };
}

/** Ends gateways: requests that they have may end. */
export async function endGateways(
  { engine, settings }: DockerContext,
  gateways: readonly ContainerSummary[],
): Promise<void> {
  await Promise.all(
    gateways.map(async ({ id }) => {
      await engine.stopContainer(id, stopSeconds(settings.drainSeconds));
      await engine.removeContainer(id);
    }),
  );
}

export function publishedPort({ ports }: ContainerSummary): number | undefined {
  return ports.find(({ inside }) => inside === GATEWAY_PORT)?.outside;
}

interface GatewayPlan {
  readonly key: string;
  readonly wanted: number | undefined;
  /** Where the port is taken, another one will do. */
  readonly mayDiffer: boolean;
  readonly isSecond: boolean;
  readonly secrets: string | undefined;
}

async function startOne(
  context: DockerContext,
  definition: ServingDefinition,
  image: string,
  { key, wanted, mayDiffer, isSecond, secrets }: GatewayPlan,
): Promise<{ readonly id: string; readonly port: number }> {
  const { engine, objects, gateways, settings, name } = context;
  for (let attempt = 0; ; attempt++) {
    const isFree = mayDiffer && (wanted === undefined || attempt > 0);
    const port = isFree ? await freePort(context) : (wanted ?? 0);
    const spec = gateways.spec({ definition, settings, image, upstream: UPSTREAM, port });
    const own = isSecond ? `${objects.gateway}-${String(randomInt(1e6))}` : objects.gateway;
    const making = engine.createContainer({
      ...spec,
      name: own,
      labels: { ...spec.labels, ...objects.labels('gateway'), [KEY]: key },
      network: objects.network,
      volumes: secrets === undefined ? [] : [{ source: secrets, target: HOLD, readOnly: true }],
      restart: 'unless-stopped',
    });
    const id = await making.catch(async (error: unknown) => {
      throw await ofClash(engine, name, { what: 'container', name: own }, error);
    });
    try {
      await engine.startContainer(id);
      return { id, port };
    } catch (error) {
      await engine.removeContainer(id);
      if (!isPortTaken(error) || isCancelled(error)) {
        throw error;
      }
      if (!mayDiffer || attempt >= ATTEMPTS) {
        throw new ServingError(
          'portInUse',
          t('Could not start {0}: port {1} is in use by another program', name, String(port)),
          {
            cause: error,
            remedies: [{ kind: 'choosePort' }],
          },
        );
      }
    }
  }
}

function keyOf({ gateways, settings }: DockerContext, definition: ServingDefinition, image: string): string {
  const port = definition.port === 'auto' ? 0 : definition.port;
  const { ports, variables, user, memoryMb, cores } = gateways.spec({
    definition,
    settings,
    image,
    upstream: UPSTREAM,
    port,
  });
  // What is drawn anew each time is no difference.
  const { ADMIN_PATH: _drawn, ...rest } = variables ?? {};
  const what = JSON.stringify([image, ports, rest, user, memoryMb, cores]);
  return createHash('sha256').update(what).digest('hex').slice(0, 16);
}

/**
 * A port that a restarted engine gives again, which one of its own choice is not. On an engine elsewhere nobody can look
 * whether it is free: then another one is tried.
 */
async function freePort({ engine }: DockerContext): Promise<number> {
  if (engine.address.remoteHost !== undefined) {
    return randomInt(49152, 65536);
  }
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
  });
}

function isPortTaken(error: unknown): boolean {
  return error instanceof ServingError && error.code === 'portInUse';
}
