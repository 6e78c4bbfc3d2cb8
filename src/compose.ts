import { randomUUID } from 'node:crypto';
import { homedir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { BackendRegistry } from './app/backendRegistry';
import { checkDefinition } from './app/checkDefinition';
import { readMetricsBeside } from './app/models/metricsBeside';
import { readModels, versionDirectory } from './app/models/modelFolder';
import { ModelStore } from './app/modelStore';
import { Operations } from './app/operations';
import { copySample } from './app/sample';
import { Servings } from './app/servings';
import { ServingStore } from './app/servingStore';
import { Artifacts } from './backends/artifacts/artifacts';
import { numbersIn } from './backends/artifacts/numbered';
import { DefinitionFiles } from './backends/definitions/definitionFiles';
import { startCommand } from './backends/docker/doctor/commands';
import { surroundings } from './backends/docker/engine/address';
import { LateEngine } from './backends/docker/lateEngine';
import { Http } from './backends/http';
import { workspaceStorage } from './backends/local/paths';
import { dockerSettings, makeDocker, requirementsFile } from './composeDocker';
import { makeLocalApis } from './composeEditorApi';
import { makeKafka } from './composeKafka';
import { makeKafkaInDocker } from './composeKafkaBroker';
import { makeEnvironmentActions } from './composeEnvironments';
import { knownToOfficialClients, makeHopsworks } from './composeHopsworks';
import { issueFacts } from './composeIssue';
import { makePanels, modelDetails } from './composePanels';
import { makeProcess } from './composeProcess';
import { readAll, refreshOnChange } from './composeRefresh';
import { makeSideBar } from './composeSideBar';
import { makeTesting } from './composeTesting';
import { Disposables, type Disposable } from './core/disposables';
import type { Logger } from './core/log';
import { ManagedEnvironments } from './environments/managed';
import { Pythons } from './environments/python';
import { run } from './environments/run';
import { setContextKey } from './platform/contextKeys';
import { SelectedInterpreters } from './platform/interpreters';
import { Reporter } from './platform/notify';
import { QuickPrompts } from './platform/prompts';
import { findPredictScripts } from './platform/scripts';
import { SecretStore } from './platform/secretStore';
import { Settings } from './platform/settings';
import { watchAll, watchFiles, WorkspaceFolders, WorkspaceTrust } from './platform/workspace';
import { WorkspaceMemory } from './platform/workspaceMemory';
import { connectionCommands } from './ui/commands/connectionCommands';
import { engineCommands } from './ui/commands/engineCommands';
import { environmentCommands } from './ui/commands/environmentCommands';
import { issueCommands } from './ui/commands/issueCommands';
import { kafkaCommands } from './ui/commands/kafkaCommands';
import { localApiCommands } from './ui/commands/localApiCommands';
import { modelCommands } from './ui/commands/modelCommands';
import { otherCommands } from './ui/commands/otherCommands';
import { registerCommands } from './ui/commands/register';
import { registryCommands } from './ui/commands/registryCommands';
import { makeRemedyRunner } from './ui/commands/remedies';
import { SecretPrompt } from './ui/commands/secretPrompt';
import { servingCommands } from './ui/commands/servingCommands';
import { Targets } from './ui/commands/target';
import { testCommands } from './ui/commands/testCommands';
import { viewCommands } from './ui/commands/viewCommands';
import { DefinitionDiagnostics } from './ui/definitionDiagnostics';
import { DoctorView } from './ui/doctorView';
import { PredictScripts } from './ui/predictScripts';
import { showServingList } from './ui/servingList';

/** Makes every long-lived object, in the order in which they need each other. */
export function compose(context: vscode.ExtensionContext): Disposable {
  const owned = new Disposables();
  const channel = owned.add(vscode.window.createOutputChannel('Model Serving', { log: true }));
  const log: Logger = channel;
  const showLog = (): void => {
    channel.show();
  };

  // What VS Code gives.
  const settings = owned.add(new Settings());
  const folders = owned.add(new WorkspaceFolders());
  const trust = owned.add(new WorkspaceTrust());
  const secrets = new SecretStore(context.secrets);
  const prompts = new QuickPrompts();
  const reporter = new Reporter(log, showLog);
  const storage = context.globalStorageUri.fsPath;
  const serverRoot = join(context.extensionPath, 'dist', 'server');

  // Pythons and environments.
  const pythons = new Pythons({ run, serverRoot });
  const interpreters = owned.add(
    new SelectedInterpreters(settings, async (signal) => (await pythons.findOnPath(signal)).executable),
  );
  const managed = new ManagedEnvironments(join(storage, 'environments'), {
    run,
    log,
    env: process.env,
    home: homedir(),
    describe: (executable, signal) => pythons.describe(executable, signal),
    uvSetting: () => settings.uvPath() || undefined,
  });

  // Backends, stores and use cases.
  const engine = owned.add(new LateEngine(() => surroundings(settings.dockerHost())));
  owned.add(
    settings.onDidChange(() => {
      engine.refresh();
    }),
  );
  const http = new Http();
  const makeAsProcess = makeProcess({ settings, interpreters, pythons, managed, serverRoot });
  const makeOnDocker = makeDocker({
    engine,
    settings: () => dockerSettings(settings),
    http,
    pythons,
    interpreters,
    managed,
    frameworkOf: (folder, { model }) =>
      models
        .of(folder)
        .find(({ name }) => name === model.name)
        ?.versions.find(({ version }) => version === model.version)?.metadata.framework,
    serverRoot,
    gatewayRoot: join(context.extensionPath, 'dist', 'gateway'),
    storage,
    log,
  });
  const kafka = makeKafka({
    ...{ settings, folders, trust, interpreters, pythons, managed, serverRoot, storage, log },
    secrets: context.secrets,
  });
  const kafkaInDocker = owned.add(
    makeKafkaInDocker({
      ...{ engine, folders, trust, log },
      memory: new WorkspaceMemory(context.workspaceState),
      broker: kafka.broker,
      image: () => settings.kafkaImage(),
    }),
  );
  const hopsworks = owned.add(makeHopsworks(settings, context.secrets, http, log));
  const registry = owned.add(
    new BackendRegistry(
      folders,
      (folder) => {
        const own = workspaceStorage(storage, folder.path);
        const common = {
          folder,
          storage: own,
          definitions: new DefinitionFiles(folder.path),
          http,
          packer: new Artifacts(folder.path, join(own, 'artifacts')),
          secrets: { get: (name: string) => secrets.get(folder.path, name) },
          topics: kafka.topicsIn(own),
          trust,
          log,
        };
        return [makeAsProcess(common), makeOnDocker(common)];
      },
      hopsworks.places,
    ),
  );
  const operations = new Operations();
  const store = owned.add(new ServingStore(registry, operations, log));
  const models = owned.add(
    new ModelStore({
      folders,
      read: readModels,
      watch: (folder, onChange) => watchFiles(folder, 'Models/{*,*/*,*/*/*,*/*/Artifacts/*}', onChange),
      log,
    }),
  );
  const servings = new Servings(registry, operations, store);
  const requests = owned.add(vscode.window.createOutputChannel('Local Hopsworks API', { log: true }));
  const apis = owned.add(
    makeLocalApis({
      folders,
      trust,
      settings,
      registry,
      servings,
      storage,
      clientRoot: join(context.extensionPath, 'dist', 'clients'),
      log,
      requests,
    }),
  );

  // What a person sees.
  const runCommand = async (id: string, ...args: unknown[]): Promise<void> => {
    await vscode.commands.executeCommand(id, ...args);
  };
  const runRemedy = makeRemedyRunner(runCommand);
  const memory = new WorkspaceMemory(context.workspaceState);
  const { logPanels, servingPanels, inferencePanels } = makePanels(context.extensionUri, owned, {
    store,
    servings,
    registry,
    kept: context.workspaceState,
    commands: { run: runCommand, runRemedy },
    prompts,
    folders,
    memory,
    recordingSettings: () => settings.inferenceLog(),
    log,
  });
  const testing = makeTesting(owned, { registry, servings, store, folders, trust, prompts, memory });
  const { trees, arranging } = makeSideBar(owned, {
    ...{ store, models, apis, settings },
    details: modelDetails(store, registry),
    registries: hopsworks.registries,
    memento: context.workspaceState,
    run: runCommand,
  });
  const targets = new Targets(folders, store, models, prompts, trees);
  const secretPrompt = new SecretPrompt(secrets, prompts);
  const environments = makeEnvironmentActions({
    folders,
    trust,
    registry,
    store,
    models,
    interpreters,
    pythons,
    managed,
    settings,
    log,
    storage,
    serverRoot,
    engine,
  });
  const doctor = new DoctorView((signal) => environments.check(signal), runRemedy);
  owned.add(
    registerCommands(
      {
        ...servingCommands({
          registry,
          servings,
          store,
          models,
          prompts,
          targets,
          secrets: secretPrompt,
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
          run: runCommand,
          followPanel: (from, to) => {
            servingPanels.follow(from, to);
          },
          kafka: {
            broker: kafka.broker,
            topicsOf: ({ backend }) => {
              const folder = registry.folderOf(backend);
              return folder && kafka.topicsIn(workspaceStorage(storage, folder.path));
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
        ...environmentCommands({ registry, servings, prompts, targets, secrets: secretPrompt, environments, log }),
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
          inDocker: kafkaInDocker,
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
            requests.show();
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
        ...testCommands(testing),
        ...viewCommands({
          prompts,
          arranging,
          showList: () => {
            showServingList({ store, apis, run: runCommand });
          },
          openWalkthrough: async () => {
            await runCommand('workbench.action.openWalkthrough', `${context.extension.id}#modelServing.firstSteps`);
            await setContextKey('walkthroughOpened', true);
          },
        }),
        ...engineCommands({
          startCommand: async () => {
            const found = await engine.get(AbortSignal.timeout(10_000)).catch(() => undefined);
            return found && startCommand(found.address, process.platform);
          },
          run: runCommand,
        }),
        ...otherCommands({
          prompts,
          doctor,
          showLog,
          copySample: (into) => copySample(join(context.extensionPath, 'media', 'sample'), into),
          home: homedir(),
        }),
        ...issueCommands({
          extensionId: context.extension.id,
          facts: issueFacts({ extension: context.extension, folders, interpreters, pythons, engine }),
          home: homedir(),
        }),
      },
      reporter,
      runRemedy,
    ),
  );
  owned.add(apis.onDidChange(() => void setContextKey('localApiRuns', apis.list().length > 0)));
  owned.add(new PredictScripts(folders));
  owned.add(
    new DefinitionDiagnostics(folders, checkDefinition, (onChange) =>
      watchAll(folders, '{Models/*/*/*,servings/*}', onChange),
    ),
  );
  refreshOnChange(owned, { folders, trust, interpreters, settings, store });
  void readAll(folders, store, models, log).then(() => setContextKey('loaded', true));
  return owned;
}
