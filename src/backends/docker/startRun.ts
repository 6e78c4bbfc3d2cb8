import { mkdir } from 'node:fs/promises';
import type { Operation } from '../../core/backend';
import type { ServingDefinition } from '../../core/definition';
import { isCancelled, messageOf } from '../../core/errors';
import type { StageName } from '../../core/serving';
import { writeJson } from '../local/files';
import { RunJournal } from '../local/journal';
import type { RunRecord } from '../local/ledger';
import { packed } from '../local/ports';
import { secretsOf } from '../local/secrets';
import { readServerState } from '../local/serverState';
import type { DockerContext } from './dockerContext';
import { endAll, endThese } from './endRun';
import type { ContainerSummary } from './engine/port';
import { INSIDE } from './inside';
import { LABEL } from './labels';
import { ensureGateway, publishedPort, type EnsuredGateway } from './gatewayContainer';
import type { NotesMark } from './logs/notes';
import { ensureNetwork } from './network';
import type { BuildOperation } from './ports';
import { makeReplicas, type MadeReplica, untilLoaded, untilSeen } from './replicas';
import { ensureSecretsVolume, fillSecrets } from './secretsVolume';

/** How a run comes to be, beyond what its definition says. */
export interface RunPlace {
  /** A run that answers until this one does; it goes on when the start fails. */
  readonly before?: RunRecord;
  readonly replicas: number;
}

export interface StartedRun {
  readonly run: RunRecord;
  /** Gateways that another one has taken the place of. */
  readonly oldGateways: readonly ContainerSummary[];
}

/** Starts replicas behind a gateway and waits until they answer. Rejects with what failed; then nothing of it is left. */
export async function startRun(
  context: DockerContext,
  definition: ServingDefinition,
  asked: Operation,
  { before, replicas }: RunPlace,
): Promise<StartedRun> {
  const operation = building(context, asked);
  const mark = await context.notes.mark();
  const journal = new RunJournal(context, definition, operation, before);
  const { signal } = operation;
  const { engine, objects } = context;
  let ensured: EnsuredGateway = { old: [] };
  try {
    const secrets = await secretsOf(definition, context.secrets);
    const environment = await journal.stage('environment', () => context.images.environment(definition, operation));
    const artifact = await packed(context.packer, journal);
    // To whoever waits it is one step with the packing: where nothing is built, there is only that.
    const { image } = await journal.stage(
      'image',
      () => context.images.artifact(environment, artifact, definition, toldAs('artifact', operation)),
      'artifact',
    );
    operation.report({ stage: 'server' });
    await journal.write({
      artifact,
      image,
      environment: { executable: 'python', python: environment.python },
      replicas,
    });
    await together([ensureNetwork(context), ensureSecretsVolume(context)]);
    journal.checkCancelled();
    const gateway = async (): Promise<void> => {
      ensured = await ensureGateway(context, definition, operation, before?.port);
    };
    let made: readonly MadeReplica[] = [];
    const replicasOf = async (): Promise<void> => {
      const numbers = Array.from({ length: replicas }, (_, index) => index + 1);
      made = await makeReplicas(context, journal.record, numbers, signal);
    };
    if (Object.keys(secrets).length > 0) {
      // It is there first: the volume keeps its content while somebody mounts it.
      await gateway();
      journal.checkCancelled();
      await fillSecrets(context, image, secrets, signal);
      journal.checkCancelled();
      await replicasOf();
    } else {
      await together([gateway(), replicasOf()]);
    }
    journal.checkCancelled();
    await untilLoaded(context, journal.record, made, signal, (stage) => {
      operation.report({ stage });
    });
    operation.report({ stage: 'ready' });
    await untilSeen(context, made, signal);
    journal.checkCancelled();
    const [port] = (await engine.listContainers(objects.filter('gateway')))
      .filter(({ id }) => !ensured.old.some((old) => old.id === id))
      .flatMap((each) => publishedPort(each) ?? []);
    await journal.prepared(port === undefined ? {} : { port });
    return { run: await journal.arrived(), oldGateways: ensured.old };
  } catch (error) {
    await tellFailure(context, error, signal, mark);
    const cancelled = isCancelled(error) || signal.aborted;

    throw await journal.failed(error, {
      end: () => undo(context, journal, !cancelled && before === undefined, ensured.beside),
      isKnown: async () => (await readServerState(journal.paths.state))?.failure !== undefined,
    });
  }
}

/** Takes away what was made, with what the servers said of it kept where it is of use. */
async function undo(
  context: DockerContext,
  journal: RunJournal,
  keep: boolean,
  gateway: string | undefined,
): Promise<void> {
  const { engine, objects, listing } = context;
  const all = await engine.listContainers(objects.filter());
  const own = all.filter(({ labels }) => labels[LABEL.run] === journal.instance);
  if (keep) {
    await keepState(context, journal, own);
  }
  if (journal.before === undefined) {
    await endAll(context, all, { keepLog: keep, atOnce: true });
  } else {
    await endThese(context, own, { keepLog: keep, atOnce: true });
    if (gateway !== undefined) {
      await engine.removeContainer(gateway);
    }
  }
  listing.forget();
}

/** The words of the server that failed outlive its container. */
async function keepState(
  { engine }: DockerContext,
  { paths }: RunJournal,
  containers: readonly ContainerSummary[],
): Promise<void> {
  for (const { id } of containers) {
    const text = await engine.readContainerFile(id, INSIDE.state).catch(() => undefined);
    if (text?.includes('"failure"') === true) {
      await mkdir(paths.directory, { recursive: true });
      await writeJson(paths.state, JSON.parse(text.toString('utf8')));
      return;
    }
  }
}

/** What is built is told in the serving's log as well. */
function building({ notes }: DockerContext, operation: Operation): BuildOperation {
  return {
    signal: operation.signal,
    report: (progress) => {
      operation.report(progress);
    },
    printed: (line) => {
      notes.add('build', line);
    },
  };
}

/** A start that was given up leaves nothing behind, not even in the log. */
async function tellFailure(
  { notes }: DockerContext,
  error: unknown,
  signal: AbortSignal,
  mark: NotesMark,
): Promise<void> {
  if (isCancelled(error) || signal.aborted) {
    await notes.takeBack(mark);
  } else {
    notes.add('start', messageOf(error), 'ERROR');
    await notes.written();
  }
}

function toldAs(stage: StageName, operation: BuildOperation): BuildOperation {
  return {
    ...operation,
    report: (progress) => {
      operation.report({ ...progress, stage });
    },
  };
}

/** All of it, and none of it goes on when one has failed: what is taken away then must not come after that. */
async function together(work: readonly Promise<unknown>[]): Promise<void> {
  const results = await Promise.allSettled(work);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) {
    throw failed.reason;
  }
}
