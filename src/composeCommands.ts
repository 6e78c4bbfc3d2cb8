import { randomUUID } from 'node:crypto';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type * as vscode from 'vscode';
import type { BackendRegistry } from './app/backendRegistry';
import { readMetricsBeside } from './app/models/metricsBeside';
import { versionDirectory } from './app/models/modelFolder';
import type { ModelStore } from './app/modelStore';
import type { Prompts } from './app/prompts';
import { copySample } from './app/sample';
import type { Servings } from './app/servings';
import type { ServingStore } from './app/servingStore';
import { numbersIn } from './backends/artifacts/numbered';
import { startCommand } from './backends/docker/doctor/commands';
import type { LateEngine } from './backends/docker/lateEngine';
import { workspaceStorage } from './backends/local/paths';
import { requirementsFile } from './composeDocker';
import type { LocalApis } from './app/localApis';
import type { ComposedEnvironments } from './composeEnvironments';
import { knownToOfficialClients, type Hopsworks } from './composeHopsworks';
import { issueFacts } from './composeIssue';
import type { ComposedKafka } from './composeKafka';
import type { Panels } from './composePanels';
import type { SideBar } from './composeSideBar';
import type { KafkaInDocker } from './core/kafka';
import type { Logger } from './core/log';
import type { Folders, Interpreters } from './core/ports';
import type { Pythons } from './environments/python';
import { setContextKey } from './platform/contextKeys';
import { findPredictScripts } from './platform/scripts';
import type { Settings } from './platform/settings';
import { connectionCommands } from './ui/commands/connectionCommands';
import { engineCommands } from './ui/commands/engineCommands';
import { environmentCommands } from './ui/commands/environmentCommands';
import { issueCommands } from './ui/commands/issueCommands';
import { kafkaCommands } from './ui/commands/kafkaCommands';
import { localApiCommands } from './ui/commands/localApiCommands';
import { modelCommands } from './ui/commands/modelCommands';
import { otherCommands } from './ui/commands/otherCommands';
import type { CommandTable } from './ui/commands/register';
import { registryCommands } from './ui/commands/registryCommands';
import type { SecretPrompt } from './ui/commands/secretPrompt';
import { servingCommands } from './ui/commands/servingCommands';
import type { Targets } from './ui/commands/target';
import { testCommands, type TestCommandParts } from './ui/commands/testCommands';
import { viewCommands } from './ui/commands/viewCommands';
import type { DoctorView } from './ui/doctorView';
import { showServingList } from './ui/servingList';

export interface CommandParts extends Panels, SideBar {
  readonly context: vscode.ExtensionContext;
  readonly settings: Settings;
  readonly folders: Folders;
  readonly prompts: Prompts;
  readonly secretPrompt: SecretPrompt;
  readonly targets: Targets;
  readonly environments: ComposedEnvironments;
  readonly doctor: DoctorView;
  readonly registry: BackendRegistry;
  readonly servings: Servings;
  readonly store: ServingStore;
  readonly models: ModelStore;
  readonly hopsworks: Hopsworks;
  readonly kafka: ComposedKafka;
  readonly kafkaInDocker: KafkaInDocker;
  readonly apis: LocalApis;
  /** What the local API was asked. */
  readonly requests: vscode.OutputChannel;
  readonly engine: LateEngine;
  readonly interpreters: Interpreters;
  readonly pythons: Pythons;
  readonly testing: TestCommandParts;
  /** The extension's storage. */
  readonly storage: string;
  readonly log: Logger;
  readonly showLog: () => void;
  readonly run: (id: string, ...args: unknown[]) => Promise<void>;
}

/** Every command with what it works on. */
export function commandTable(parts: CommandParts): CommandTable {
  const { context, settings, folders, prompts, targets, environments, registry, servings, store, models } = parts;
  const { hopsworks, kafka, apis, engine, trees, arranging, servingPanels, logPanels, inferencePanels, run } = parts;
  return {
    ...servingCommands({
      registry,
      servings,
      store,
      models,
      prompts,
      targets,
      secrets: parts.secretPrompt,
      findScripts: findPredictScripts,
      artifacts: (folder, { model }) => numbersIn(versionDirectory(folder, model.name, model.version)),
      ensureRequirements: (folder, definition) => environments.ensureRequirements(folder, definition),
      requirementsFile,
      openPanel: (ref) => {
        servingPanels.show(ref);
      },
      openTest: (ref) => {
        servingPanels.show(ref, 'test');
      },
      folders: () => folders.list(),
      show: (ref, request) => {
        servingPanels.showRequest(ref, request);
      },
      download: async (connection, model, folder, operation) => {
        await hopsworks.download(connection, model, folder, operation);
        await models.refresh();
      },
      run,
      followPanel: (from, to) => {
        servingPanels.follow(from, to);
      },
      kafka: {
        broker: kafka.broker,
        topicsOf: ({ backend }) => {
          const folder = registry.folderOf(backend);
          return folder && kafka.topicsIn(workspaceStorage(parts.storage, folder.path));
        },
      },
      openLogs: (ref) => {
        logPanels.show(ref);
      },
      openInferenceLog: (ref) => {
        inferencePanels.show(ref);
      },
      showMore: (backend) => {
        trees.showMoreServings(backend);
      },
    }),
    ...modelCommands({
      models,
      store,
      prompts,
      targets,
      metricsBeside: readMetricsBeside,
      listPickle: async (file, signal) => environments.listPickle(file, signal),
      showMore: () => {
        trees.showMoreModels();
      },
      refreshRegistries: () => hopsworks.registries.refresh(),
      revealVersion: (version) => trees.revealVersion(version),
    }),
    ...environmentCommands({
      registry,
      servings,
      prompts,
      targets,
      secrets: parts.secretPrompt,
      environments,
      log: parts.log,
    }),
    ...connectionCommands({
      prompts,
      connections: hopsworks.connections,
      check: (connection, signal) => hopsworks.check(connection, signal),
      known: () => knownToOfficialClients(folders.list().map(({ path }) => path)),
      newId: randomUUID,
    }),
    ...kafkaCommands({
      prompts,
      broker: kafka.broker,
      passwords: kafka.passwords,
      inDocker: parts.kafkaInDocker,
      show: (source) => {
        inferencePanels.showSource(source);
      },
      save: (connection) => settings.saveKafka(connection),
    }),
    ...localApiCommands({
      apis,
      folders,
      prompts,
      targets,
      showRequests: () => {
        parts.requests.show();
      },
    }),
    ...registryCommands({
      registries: hopsworks.registries,
      models,
      prompts,
      targets,
      revealVersion: (version) => trees.revealVersion(version),
    }),
    'modelServing.logs.showAll': () => {
      logPanels.showAll();
      return Promise.resolve();
    },
    ...testCommands(parts.testing),
    ...viewCommands({
      prompts,
      arranging,
      showList: () => {
        showServingList({ store, apis, run });
      },
      openWalkthrough: async () => {
        await run('workbench.action.openWalkthrough', `${context.extension.id}#modelServing.firstSteps`);
        await setContextKey('walkthroughOpened', true);
      },
    }),
    ...engineCommands({
      startCommand: async () => {
        const found = await engine.get(AbortSignal.timeout(10_000)).catch(() => undefined);
        return found && startCommand(found.address, process.platform);
      },
      run,
    }),
    ...otherCommands({
      prompts,
      doctor: parts.doctor,
      showLog: parts.showLog,
      copySample: (into) => copySample(join(context.extensionPath, 'media', 'sample'), into),
      home: homedir(),
    }),
    ...issueCommands({
      extensionId: context.extension.id,
      facts: issueFacts({
        extension: context.extension,
        folders,
        interpreters: parts.interpreters,
        pythons: parts.pythons,
        engine,
      }),
      home: homedir(),
    }),
  };
}
