import { mkdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Operation } from '../../core/backend';
import type { ServingDefinition } from '../../core/definition';
import { ServingError } from '../../core/errors';
import { t } from '../../core/l10n';
import type { StageName } from '../../core/serving';
import { writeJson } from '../local/files';
import { RunJournal } from '../local/journal';
import type { ArtifactRecord, RunRecord } from '../local/ledger';
import { Origin } from '../local/origin';
import { packed } from '../local/ports';
import { processSecrets, toKafkaLaunch, type KafkaTarget } from '../local/kafkaLaunch';
import { secretsOf } from '../local/secrets';
import { serverError } from '../local/serverFailure';
import { readServerState } from '../local/serverState';
import { readyTopic, type ReadyTopic } from '../local/servingTopics';
import { toProcessLaunch } from './launch';
import type { RunContext } from './runContext';
import { serverEnvironment, spawnServer, type SpawnedServer } from './serverProcess';
import { stopRun } from './stopRun';

const POLL_MS = 50;

/** Where a run is to answer, beyond what its definition says. */
export interface RunPlace {
  /**
   * A run that answers and goes on when the start fails. Where it has the same port its socket is taken over, so that no
   * request is lost.
   */
  readonly before?: RunRecord;
  /** In place of the definition's; 0: a free one. */
  readonly port?: number;
}

/** Starts a server and waits until it is ready. Rejects with what failed; then nothing is left running. */
export async function startRun(
  context: RunContext,
  definition: ServingDefinition,
  operation: Operation,
  how: RunPlace = {},
): Promise<RunRecord> {
  const journal = new RunJournal(context, definition, operation, how.before);
  let topic: ReadyTopic | undefined;
  try {
    const environment = await journal.stage('environment', () => context.pythons.prepare(definition, operation));
    const artifact = await packed(context.packer, journal);
    topic = await readyTopic(context.topics, definition, operation);
    return await new Launch(context, journal, how).run(environment.executable, artifact, topic?.target);
  } catch (error) {
    throw await journal.failed(error, {
      end: async () => {
        await stopRun(context, journal.record, new AbortController().signal);
        await topic?.undo();
      },
      // The server's own words are richer, and stay in its state file.
      isKnown: async () => (await readServerState(journal.paths.state))?.failure !== undefined,
    });
  }
}

class Launch {
  private readonly name: string;

  constructor(
    private readonly context: RunContext,
    private readonly journal: RunJournal,
    private readonly how: RunPlace,
  ) {
    this.name = journal.definition.name;
  }

  async run(executable: string, artifact: ArtifactRecord, kafka: KafkaTarget | undefined): Promise<RunRecord> {
    const { context, journal } = this;
    const { before } = this.how;
    const { definition, paths, operation } = journal;
    operation.report({ stage: 'server' });
    const secrets = { ...(await secretsOf(definition, context.secrets)), ...(await this.passwords(kafka)) };
    await mkdir(paths.directory, { recursive: true });
    const recordings = context.inferenceLog.directory;
    // What is recorded is nobody else's to read.
    await mkdir(recordings, { recursive: true, mode: 0o700 });
    await writeJson(
      paths.launch,
      toProcessLaunch({
        definition,
        artifact,
        folder: context.folder,
        paths,
        port: this.how.port ?? (definition.port === 'auto' ? 0 : definition.port),
        settings: context.settings,
        leaseFile: context.leaseFile,
        recording: { folder: recordings, ...(kafka && { kafka: toKafkaLaunch(definition, kafka) }) },
        ...(before ? { takeover: context.paths.run(before.instance).state } : {}),
      }),
    );
    await journal.write({ artifact, environment: { executable }, ...(kafka && { kafka }) });
    journal.checkCancelled();
    const server = await spawnServer({
      python: executable,
      serverRoot: context.serverRoot,
      bytecode: context.bytecode,
      instance: journal.instance,
      launchFile: paths.launch,
      directory: paths.directory,
      bootFile: paths.boot,
      environment: serverEnvironment(process.platform, process.env, definition.environment.variables, secrets),
    });
    await journal.prepared({ server: { pid: server.pid } });
    await this.ready(server);
    return journal.arrived();
  }

  private async passwords(kafka: KafkaTarget | undefined): Promise<Readonly<Record<string, string>>> {
    const { topics } = this.context;
    return kafka && topics ? processSecrets(kafka.connection, await topics.passwords(kafka.connection)) : {};
  }

  private async ready(server: SpawnedServer): Promise<void> {
    const { context, journal } = this;
    let shown: StageName = 'server';
    for (;;) {
      const hasExited = server.hasExited();
      const state = await readServerState(journal.paths.state);
      if (state?.failure) {
        const origin = new Origin(context.folder, journal.definition, journal.record.artifact);
        throw serverError(this.name, state.failure, origin);
      }
      if (hasExited) {
        throw await this.exitError();
      }
      if (state?.state === 'ready') {
        return;
      }
      journal.checkCancelled();
      if (state?.state === 'stopping') {
        throw new ServingError('conflict', t('Could not start {0}: it was asked to stop', this.name));
      }
      const stage = state?.stages.at(-1)?.name ?? 'server';
      if (stage !== shown) {
        shown = stage;
        journal.operation.report({ stage });
      }
      await sleep(POLL_MS);
    }
  }

  private async exitError(): Promise<ServingError> {
    const boot = await readFile(this.journal.paths.boot, 'utf8').catch(() => '');
    const last = boot.trim().split('\n').at(-1);
    return new ServingError(
      'python',
      last
        ? t('Could not start {0}: Python ended with "{1}"', this.name, last)
        : t('Could not start {0}: Python ended without a word', this.name),
      {
        remedies: [{ kind: 'selectInterpreter' }, { kind: 'showLogs', serving: this.name }],
      },
    );
  }
}
