import { createHash, randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { isCancelled, ServingError } from '../../core/errors';
import type { Operation } from '../../core/backend';
import type { ServingDefinition } from '../../core/definition';
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
  /** The one that was made beside them: its id. */
  readonly beside?: string;
}

export interface GatewayWish {
  /** Where it is to answer when there is none that could say so. */
  readonly lastPort?: number | undefined;
  /** A new one is made at once, and started after this; it never rejects. */
  readonly after?: Promise<unknown> | undefined;
}

/** A gateway that runs and fits the definition: the one that is there, or another one beside it. */
export async function ensureGateway(
  context: DockerContext,
  definition: ServingDefinition,
  operation: Operation,
  { lastPort, after }: GatewayWish = {},
): Promise<EnsuredGateway> {
  const { engine, objects, gateways, settings } = context;
  const image = await gateways.image(settings, operation);
  const all = (await engine.listContainers(objects.filter('gateway'))).filter(
    ({ labels }) => labels[LABEL.role] === 'gateway',
  );
  const current = newestGateway(all);
  const key = keyOf(context, definition, image);
  if (current?.labels[KEY] === key && current.state === 'running') {
    return { old: all.filter((each) => each !== current) };
  }
  const before = current && publishedPort(current);
  const dead = all.filter(({ state }) => state !== 'running');
  await Promise.all(dead.map(({ id }) => engine.removeContainer(id)));
  const living = all.filter(({ state }) => state === 'running');
  const wanted = definition.port === 'auto' ? before : definition.port;
  // One port cannot be published twice: then there is a gap.
  const clash = living.filter((each) => publishedPort(each) === wanted);
  await Promise.all(clash.map(({ id }) => engine.removeContainer(id)));
  const left = living.filter((each) => !clash.includes(each));
  const isSecond = left.length > 0;
  const made = await startOne(context, definition, image, {
    key,
    wanted: wanted ?? lastPort,
    isSecond,
    after,
  });
  return { old: left, ...(isSecond ? { beside: made } : {}) };
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
  readonly isSecond: boolean;
  readonly after: Promise<unknown> | undefined;
}

async function startOne(
  context: DockerContext,
  definition: ServingDefinition,
  image: string,
  { key, wanted, isSecond, after }: GatewayPlan,
): Promise<string> {
  const { engine, objects, gateways, settings, name } = context;
  for (let attempt = 0; ; attempt++) {
    const isFree = definition.port === 'auto' && (wanted === undefined || attempt > 0);
    const port = isFree ? await freePort(context) : (wanted ?? 0);
    const spec = gateways.spec({ definition, settings, image, upstream: UPSTREAM, port });
    const id = await engine.createContainer({
      ...spec,
      name: isSecond ? `${objects.gateway}-${String(randomInt(1e6))}` : objects.gateway,
      labels: { ...spec.labels, ...objects.labels('gateway'), [KEY]: key },
      network: objects.network,
      volumes: [{ source: objects.secrets, target: HOLD, readOnly: true }],
      restart: 'unless-stopped',
    });
    try {
      await after;
      await engine.startContainer(id);
      return id;
    } catch (error) {
      await engine.removeContainer(id);
      if (!isPortTaken(error) || isCancelled(error)) {
        throw error;
      }
      if (definition.port !== 'auto' || attempt >= ATTEMPTS) {
        throw new ServingError(
          'portInUse',
          `Could not start ${name}: port ${String(port)} is in use by another program`,
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
