import { homedir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { BackendRegistry } from './app/backendRegistry';
import { checkDefinition } from './app/checkDefinition';
import { readModels } from './app/models/modelFolder';
import { ModelStore } from './app/modelStore';
import { Operations } from './app/operations';
import { Servings } from './app/servings';
import { ServingStore } from './app/servingStore';
import { Artifacts } from './backends/artifacts/artifacts';
import { DefinitionFiles } from './backends/definitions/definitionFiles';
import { surroundings } from './backends/docker/engine/address';
import { LateEngine } from './backends/docker/lateEngine';
import { Http } from './backends/http';
import { workspaceStorage } from './backends/local/paths';
import { dockerSettings, makeDocker } from './composeDocker';
import { commandTable } from './composeCommands';
import { makeLocalApis } from './composeEditorApi';
import { makeKafka } from './composeKafka';
import { makeKafkaInDocker } from './composeKafkaBroker';
import { makeEnvironmentActions } from './composeEnvironments';
import { makeHopsworks } from './composeHopsworks';
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
import { SecretStore } from './platform/secretStore';
import { Settings } from './platform/settings';
import { watchAll, watchFiles, WorkspaceFolders, WorkspaceTrust } from './platform/workspace';
import { WorkspaceMemory } from './platform/workspaceMemory';
import { registerCommands } from './ui/commands/register';
import { makeRemedyRunner } from './ui/commands/remedies';
import { SecretPrompt } from './ui/commands/secretPrompt';
import { Targets } from './ui/commands/target';
import { DefinitionDiagnostics } from './ui/definitionDiagnostics';
import { DoctorView } from './ui/doctorView';
import { PredictScripts } from './ui/predictScripts';

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
      commandTable({
        ...{ context, settings, folders, prompts, secretPrompt, targets, environments, doctor, showLog },
        run: runCommand,
        ...{ registry, servings, store, models, hopsworks, kafka, kafkaInDocker, apis, engine, interpreters, pythons },
        ...{ testing, trees, arranging, servingPanels, logPanels, inferencePanels, requests, storage, log },
      }),
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
