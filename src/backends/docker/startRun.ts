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
import { readyTopic, type ReadyTopic } from '../local/servingTopics';
import type { DockerContext } from './dockerContext';
import { endAll, endThese } from './endRun';
import type { ContainerSummary } from './engine/port';
import { LABEL } from './labels';
import { parseState } from './listing';
import { ensureGateway, type EnsuredGateway, type GatewayWish } from './gatewayContainer';
import type { NotesMark } from './logs/notes';
import { ensureNetwork } from './network';
import type { BuildOperation } from './ports';
import { insideBroker } from './kafkaBroker';
import { makeReplicas, type MadeReplica } from './replicas';
import { runSecrets } from './runSecrets';
import { fillSecrets, secretsVolume, withSecrets } from './secretsVolume';
import { untilAnswering } from './waiting';

/** How a run comes to be, beyond what its definition says. */
export interface RunPlace {
  /** A run that answers until this one does; it goes on when the start fails. */
  readonly before?: RunRecord;
  readonly replicas: number;
  /** Its gateway answers at a free port, whatever the definition says. */
  readonly elsewhere?: boolean;
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
  { before, replicas, elsewhere }: RunPlace,
): Promise<StartedRun> {
  const operation = building(context, asked);
  const mark = await context.notes.mark();
  const journal = new RunJournal(context, definition, operation, before);
  const { signal } = operation;
  let ensured: EnsuredGateway = { old: [], port: undefined };
  let place: Promise<unknown> = Promise.resolve();
  let lastWords: string | undefined;
  let topic: ReadyTopic | undefined;
  try {
    // What is missing is told before anything is built.
    await secretsOf(definition, context.secrets);
    const environment = await journal.stage('environment', () => {
      // It takes as long as a look at all images.
      place = ensureNetwork(context, before === undefined);
      place.catch(() => undefined);
      return context.images.environment(definition, operation);
    });
    const artifact = await packed(context.packer, journal);
    // To whoever waits it is one step with the packing: where nothing is built, there is only that.
    const { image } = await journal.stage(
      'image',
      () => context.images.artifact(environment, artifact, definition, toldAs('artifact', operation)),
      'artifact',
    );
    operation.report({ stage: 'server' });
    topic = await readyTopic(context.topics, definition, operation);
    const inside = topic && (await insideBroker(context.engine, topic.target.connection));
    if (inside?.inside === undefined && topic) {
      await context.topics?.checkReach(definition, operation);
    }
    const kafka = topic && { ...topic.target, ...inside };
    const secrets = await runSecrets(context, { definition, ...(kafka && { kafka }) });
    await journal.write({
      ...(kafka && { kafka }),
      artifact,
      image,
      environment: { executable: 'python', python: environment.python },
      replicas,
    });
    await place;
    journal.checkCancelled();
    const gateway = async (wish: GatewayWish): Promise<void> => {
      ensured = await ensureGateway(context, definition, operation, { lastPort: before?.port, elsewhere, ...wish });
    };
    let made: readonly MadeReplica[] = [];
    const replicasOf = async (volume?: string, onStarted?: () => void): Promise<void> => {
      const numbers = Array.from({ length: replicas }, (_, index) => index + 1);
      made = await makeReplicas(context, journal.record, { numbers, secrets: volume }, signal, onStarted);
    };
    if (Object.keys(secrets).length === 0) {
      // An engine takes as long for two at once as for one after the other, and scripts take longest to load.
      let go = (): void => undefined;
      const first = new Promise<void>((resolve) => (go = resolve));
      await together([replicasOf(undefined, go).finally(go), first.then(() => gateway({}))]);
    } else if (before === undefined) {
      // It is there first: the volume keeps its content while somebody mounts it.
      const volume = await secretsVolume(context, true);
      await gateway({ secrets: volume });
      journal.checkCancelled();
      await fillSecrets(context, image, volume, secrets, signal);
      journal.checkCancelled();
      await replicasOf(volume);
    } else {
      await withSecrets(context, journal.record, { isFresh: false }, signal, async (volume) => {
        await gateway({ secrets: volume });
        journal.checkCancelled();
        await replicasOf(volume);
      });
    }
    journal.checkCancelled();
    const words = await untilAnswering(context, journal.record, made, signal, {
      onStage: (stage) => {
        operation.report({ stage });
      },
      onFailure: (said) => (lastWords = said),
    });
    operation.report({ stage: 'ready' });
    await (words === undefined ? keepState(context, journal, made.slice(0, 1)) : writeState(journal, words));
    journal.checkCancelled();
    const { port } = ensured;
    await journal.prepared(port === undefined ? {} : { port });
    return { run: await journal.arrived(), oldGateways: ensured.old };
  } catch (error) {
    await tellFailure(context, error, signal, mark);
    const cancelled = isCancelled(error) || signal.aborted;
    // What is taken away must not come after that.
    await place.catch(() => undefined);
    throw await journal.failed(error, {
      end: async () => {
        await undo(context, journal, { keep: !cancelled && before === undefined, lastWords }, ensured.beside);
        await topic?.undo();
      },
      isKnown: async () => (await readServerState(journal.paths.state))?.failure !== undefined,
    });
  }
}

/** Takes away what was made, with what the servers said of it kept where it is of use. */
async function undo(
  context: DockerContext,
  journal: RunJournal,
  { keep, lastWords }: { readonly keep: boolean; readonly lastWords: string | undefined },
  gateway: string | undefined,
): Promise<void> {
  const { engine, objects, listing } = context;
  const all = await engine.listContainers(objects.filter());
  const own = all.filter(({ labels }) => labels[LABEL.run] === journal.instance);
  if (keep) {
    await (lastWords === undefined ? keepState(context, journal, own, true) : writeState(journal, lastWords));
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

/** The words of a server that failed outlive its container; those of one that is ready tell all windows what it loaded. */
async function keepState(
  { listing }: DockerContext,
  journal: RunJournal,
  containers: readonly { readonly id: string }[],
  failed = false,
): Promise<void> {
  for (const { id } of containers) {
    const text = await listing.wordsOf(id).catch(() => undefined);
    const state = text && parseState(text);
    if (text && state && (!failed || state.failure)) {
      await writeState(journal, text);
      return;
    }
  }
}

async function writeState({ paths }: RunJournal, text: string): Promise<void> {
  await mkdir(paths.directory, { recursive: true });
  await writeJson(paths.state, JSON.parse(text));
}

/** What is built is told in the serving's log as well. */
function building({ notes }: DockerContext, operation: Operation): BuildOperation {
  return {
    ...operation,
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
