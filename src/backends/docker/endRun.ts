import { setTimeout as sleep } from 'node:timers/promises';
import { writeJson } from '../local/files';
import type { DockerContext } from './dockerContext';
import type { ContainerSummary } from './engine/port';
import { endGateways } from './gatewayContainer';
import { LABEL } from './labels';
import { endReplicas } from './replicas';
import { removeSecrets } from './secretsVolume';
import type { Seen } from './state';

/** What a gateway may take to hand over the last answers when all replicas are gone. */
const GATEWAY_MS = 700;

/** How containers come to their end. */
export interface Ending {
  readonly keepLog: boolean;
  /** Nobody waits for an answer of theirs. */
  readonly atOnce?: boolean;
}

/** Ends what runs and writes down that it was asked for; nothing but images is left. */
export async function endRun(context: DockerContext, seen: Seen): Promise<void> {
  const { run } = seen;
  const { engine, objects, ledger, listing } = context;
  const all = await engine.listContainers(objects.filter());
  if (run !== undefined && run.endedAt === undefined) {
    const { preparing: _prepared, successor: _successor, replaced: _replaced, ...rest } = run;
    await ledger.write({ ...rest, stopAsked: true });
    await keepState(context, seen);
    await endAll(context, all, { keepLog: true });
    await ledger.write({ ...rest, stopAsked: true, endedAt: new Date().toISOString() });
  } else {
    await endAll(context, all, { keepLog: true, atOnce: true });
  }
  listing.forget();
}

/** Ends all that a serving has on its engine: its containers, then their network and the volume of its secrets. */
export async function endAll(
  context: DockerContext,
  containers: readonly ContainerSummary[],
  how: Ending,
): Promise<void> {
  const { engine, objects } = context;
  await endThese(context, containers, how);
  const networks = await engine.listNetworks(objects.filter('network'));
  await Promise.all([...networks.map(({ id }) => engine.removeNetwork(id)), removeSecrets(context)]);
}

/** A gateway takes no more requests as soon as it is told to end, and ends when those that it has are answered. */
export async function endThese(
  context: DockerContext,
  containers: readonly ContainerSummary[],
  how: Ending,
): Promise<void> {
  const gateways = containers.filter(({ labels }) => labels[LABEL.role] === 'gateway');
  const others = containers.filter(({ labels }) => labels[LABEL.role] !== 'gateway');
  if (how.atOnce === true) {
    await Promise.all([
      ...gateways.map(({ id }) => context.engine.removeContainer(id)),
      endReplicas(context, others, how),
    ]);
    return;
  }
  const ending = endGateways(context, gateways);
  ending.catch(() => undefined);
  await endReplicas(context, others, how);
  // What it still has are clients that keep their connections open.
  await Promise.race([ending, sleep(GATEWAY_MS)]);
  await Promise.all(gateways.map(({ id }) => context.engine.removeContainer(id)));
  await ending;
}

/** What a server said of itself is shown of a run that has ended, too. */
async function keepState({ paths, engine }: DockerContext, { run, replicas }: Seen): Promise<void> {
  const first = replicas[0];
  if (run === undefined || first?.server === undefined) {
    return;
  }
  const text = await engine.readContainerFile(first.container.id, '/run/serving/server.json').catch(() => undefined);
  if (text !== undefined) {
    await writeJson(paths.run(run.instance).state, JSON.parse(text.toString('utf8'))).catch(() => undefined);
  }
}
