import { ServingError } from '../../core/errors';
import { t } from '../../core/l10n';
import type { RunRecord } from '../local/ledger';
import type { DockerContext } from './dockerContext';
import type { ContainerSummary } from './engine/port';
import { newestGateway } from './newestGateway';
import type { MadeReplica } from './replicas';
import { ServerWatch, type ServerWatchParts } from './serverWatch';

/** How often the gateway is asked, and when a server has just said something. */
const POLL_MS = 150;
const SOON_MS = 20;
/** One that was started again has another address, and a gateway that just starts has no port. */
const LIST_MS = 500;

/** What is told while it is waited. */
export type WaitingTold = Pick<ServerWatchParts, 'onStage' | 'onFailure'>;

/**
 * Waits until the gateway sends requests to all of them. Rejects with what one of their servers says, or with how it
 * ended. Resolves with the words of the first one's server when they were read since it is ready.
 */
export async function untilAnswering(
  context: DockerContext,
  run: RunRecord,
  made: readonly MadeReplica[],
  signal: AbortSignal,
  { onStage = () => undefined, onFailure = () => undefined }: Partial<WaitingTold> = {},
): Promise<string | undefined> {
  const done = new AbortController();
  const watch = new ServerWatch({
    context,
    run,
    made,
    onStage,
    onFailure,
    signal: AbortSignal.any([signal, done.signal]),
  });
  try {
    await Promise.race([untilUp(context, made, watch, signal, done.signal), watch.run()]);
    return await watch.words();
  } catch (error) {
    throw signal.aborted ? ServingError.cancelled(t('Starting {0}', context.name)) : error;
  } finally {
    done.abort();
  }
}

async function untilUp(
  { engine, objects, gateways, name }: DockerContext,
  made: readonly MadeReplica[],
  watch: ServerWatch,
  signal: AbortSignal,
  done: AbortSignal,
): Promise<void> {
  let containers: readonly ContainerSummary[] = [];
  let listedAt = Number.NEGATIVE_INFINITY;
  while (!done.aborted) {
    if (signal.aborted) {
      throw ServingError.cancelled(t('Starting {0}', name));
    }
    const now = performance.now();
    if (now - listedAt > LIST_MS) {
      containers = await engine.listContainers(objects.filter(), signal);
      listedAt = now;
    }
    const gateway = newestGateway(containers);
    const limited = AbortSignal.any([signal, AbortSignal.timeout(2000)]);
    const reading = gateway && (await gateways.read(gateway, limited, SOON_MS / 2).catch(() => undefined));
    const up = new Set(reading?.replicas.filter((each) => each.up).map(({ address }) => address));
    const isUp = ({ id }: MadeReplica): boolean => {
      const addresses = Object.values(containers.find((each) => each.id === id)?.addresses ?? {});
      return addresses.some((address) => up.has(address));
    };
    const missing = made.filter((each) => !isUp(each));
    if (missing.length === 0) {
      return;
    }
    watch.missing(missing, reading !== undefined);
    await watch.news(watch.isNew ? SOON_MS : POLL_MS);
  }
}
