import { messageOf, ServingError } from '../../core/errors';
import { t } from '../../core/l10n';
import { HOST_GATEWAY } from '../local/kafkaLaunch';
import type { RunRecord } from '../local/ledger';
import type { DockerContext } from './dockerContext';
import type { ContainerSummary, Labels } from './engine/port';
import { INSIDE, LAME_SECONDS, replicaCommand, replicaLaunch, USER } from './inside';
import { saveLog } from './logs/saved';
import { UPSTREAM } from './ports';
import { keepLastRecords, recordsOf } from './records';

/** What an end may take beyond the time that running requests get. */
const MARGIN_SECONDS = 5;
/**
 * Libraries of arithmetics make a thread for each core of the computer, whatever the container may use of them: then the
 * engine holds all of them for most of the time. OpenBLAS, MKL, PyTorch and OpenMP all follow it; the user's own one wins.
 */
const THREADS = 'OMP_NUM_THREADS';

export interface MadeReplica {
  readonly id: string;
  readonly number: number;
  readonly labels: Labels;
}

/**
 * Makes replicas of a run, and starts them; `secrets` is the volume with its secrets, if it has any. What was made when it
 * rejects is found by the run's label.
 */
export async function makeReplicas(
  context: DockerContext,
  run: RunRecord,
  { numbers, secrets }: { readonly numbers: readonly number[]; readonly secrets: string | undefined },
  signal: AbortSignal,
  onStarted: () => void = () => undefined,
): Promise<readonly MadeReplica[]> {
  const results = await Promise.allSettled(
    numbers.map(async (number) => {
      const made = await makeReplica(context, run, number, secrets, signal);
      onStarted();
      return made;
    }),
  );
  return results.map((result) => {
    if (result.status === 'rejected') {
      throw result.reason;
    }
    return result.value;
  });
}

async function makeReplica(
  { engine, objects, settings, name }: DockerContext,
  run: RunRecord,
  number: number,
  volume: string | undefined,
  signal: AbortSignal,
): Promise<MadeReplica> {
  const { definition, artifact, image, instance, kafka } = run;
  if (artifact === undefined || image === undefined) {
    throw new ServingError('internal', t('Could not make a replica of {0}: its run names no image', name));
  }
  const labels = objects.replicaLabels(run, number);
  const { cores, memoryMb, gpus } = definition.resources;
  const id = await engine.createContainer(
    {
      name: objects.replica(instance, number),
      image,
      ...replicaCommand(instance),
      labels,
      variables: {
        [THREADS]: String(Math.max(1, Math.ceil(cores))),
        ...definition.environment.variables,
        [INSIDE.launch]: replicaLaunch(run, artifact, settings),
      },
      network: objects.network,
      // Whose broker is on the engine's computer finds it by this name.
      ...(kafka && { hosts: { [HOST_GATEWAY]: 'host-gateway' } }),
      aliases: [UPSTREAM],
      tmpfs: { '/tmp': 'rw,nosuid,nodev,size=256m,mode=1777' },
      volumes: [
        { target: INSIDE.run },
        ...(volume === undefined ? [] : [{ source: volume, target: INSIDE.secrets, readOnly: true }]),
      ],
      user: USER,
      cores,
      memoryMb,
      gpus,
      stopSeconds: stopSeconds(settings.drainSeconds),
      restart: 'unless-stopped',
    },
    signal,
  );
  if (kafka?.inside) {
    await engine.connectNetwork(kafka.inside.network, id, []);
  }
  await engine.startContainer(id);
  return { id, number, labels };
}

export function stopSeconds(drainSeconds: number): number {
  return Math.ceil(drainSeconds + LAME_SECONDS + MARGIN_SECONDS);
}

/**
 * Ends replicas: running requests may end, then they are gone with what they had. Their last lines are kept unless
 * nobody is to read them.
 */
export async function endReplicas(
  context: DockerContext,
  replicas: readonly ContainerSummary[],
  how: { readonly keepLog: boolean; readonly atOnce?: boolean },
): Promise<void> {
  const { engine, settings, paths, log } = context;
  await Promise.all(
    replicas.map(async ({ id, labels }) => {
      if (how.atOnce !== true) {
        await engine.stopContainer(id, stopSeconds(settings.drainSeconds));
      }
      if (how.keepLog) {
        if (how.atOnce === true) {
          await engine.stopContainer(id, 1);
        }
        await saveLog(engine, { id, labels }, paths.runs, AbortSignal.timeout(20_000)).catch((error: unknown) => {
          log.warn(`could not keep the log of a replica of ${context.name}: ${messageOf(error)}`);
        });
        await keepLastRecords(recordsOf(context), [{ id }], log);
      }
      await engine.removeContainer(id);
    }),
  );
}
