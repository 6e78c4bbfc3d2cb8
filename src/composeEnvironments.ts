import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { homedir, hostname, machine, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import type { BackendRegistry } from './app/backendRegistry';
import { requirementsPath } from './app/createServing/fields';
import type { ModelStore } from './app/modelStore';
import type { ServingStore } from './app/servingStore';
import { CleanUp } from './composeCleanUp';
import type { ServingDefinition } from './core/definition';
import { checkEngine } from './backends/docker/checkEngine';
import type { EngineCheck } from './backends/docker/doctor/check';
import { connectEngine } from './backends/docker/engine';
import { surroundings, type Surroundings } from './backends/docker/engine/address';
import { DockerLogins } from './backends/docker/engine/registryLogin';
import type { LateEngine } from './backends/docker/lateEngine';
import { ChosenPython } from './backends/process/chosenPython';
import { ServingError } from './core/errors';
import type { PickleListing } from './core/model';
import type { Logger } from './core/log';
import type { Trust } from './core/ports';
import { thisComputer } from './environments/computer';
import { Doctor, type DoctorServing } from './environments/doctor';
import { installInto } from './environments/install';
import { findUv } from './environments/installer';
import type { ManagedEnvironments } from './environments/managed';
import { normalise } from './environments/modules';
import type { Pythons } from './environments/python';
import { modulesToPin, packageNames, requirementsFrom } from './environments/requirements';
import { run } from './environments/run';
import { missingPackages } from './environments/scriptPackages';
import type { SelectedInterpreters } from './platform/interpreters';
import type { Settings } from './platform/settings';
import type { WorkspaceFolders } from './platform/workspace';
import type { EnvironmentActions } from './ui/commands/environmentCommands';
import type { Finding } from './ui/doctorView';

export interface EnvironmentParts {
  readonly folders: WorkspaceFolders;
  readonly trust: Trust;
  readonly registry: BackendRegistry;
  readonly store: ServingStore;
  readonly models: ModelStore;
  readonly interpreters: SelectedInterpreters;
  readonly pythons: Pythons;
  readonly managed: ManagedEnvironments;
  readonly settings: Settings;
  readonly log: Logger;
  readonly storage: string;
  readonly serverRoot: string;
  readonly engine: LateEngine;
}

export interface ComposedEnvironments extends EnvironmentActions {
  check(signal: AbortSignal): Promise<readonly Finding[]>;
  listPickle(file: string, signal: AbortSignal): Promise<PickleListing>;
  /** Writes the requirements file that a definition names, from what the script imports, when it is not there. */
  ensureRequirements(folder: string, definition: ServingDefinition): Promise<void>;
}

/** Puts interpreters, environments and the doctor together for the commands. */
export function makeEnvironmentActions(parts: EnvironmentParts): ComposedEnvironments {
  const { pythons, interpreters, managed, store } = parts;
  const uv = (): string | undefined => parts.settings.uvPath() || findUv(homedir());
  const interpreterOf = async (folder: string, definition: ServingDefinition, signal: AbortSignal): Promise<string> => {
    // An interpreter may lie in the workspace: running it is running code of the workspace.
    if (!parts.trust.isTrusted) {
      throw new ServingError(
        'untrusted',
        `Could not ask the Python of ${definition.name}: this workspace is not trusted, so nothing of it is run`,
        {
          remedies: [{ kind: 'trust' }],
        },
      );
    }
    return new ChosenPython(folder, interpreters, pythons, managed).base(definition, signal);
  };
  const requirementLines = async (
    folder: string,
    definition: ServingDefinition,
    signal: AbortSignal,
  ): Promise<readonly string[]> => {
    const python = await interpreterOf(folder, definition, signal);
    const { imports } = await pythons.inspect(python, join(folder, definition.script), signal);
    const modules = imports.map(({ module }) => module);
    const framework = parts.models
      .of(folder)
      .find(({ name }) => name === definition.model.name)
      ?.versions.find(({ version }) => version === definition.model.version)?.metadata.framework;
    return requirementsFrom(
      modules,
      framework,
      await pythons.installed(python, modulesToPin(modules, framework), signal),
    );
  };
  const ensureRequirements = async (folder: string, definition: ServingDefinition): Promise<void> => {
    const file = requirementsPath(folder, definition);
    if (file !== undefined && (await readFile(file, 'utf8').catch(() => undefined)) === undefined) {
      await writeRequirements(file, await requirementLines(folder, definition, AbortSignal.timeout(60_000)));
    }
  };
  const cleanUp = new CleanUp(parts);
  const doctor = new Doctor({
    pythons,
    computer: thisComputer,
    serverRoot: parts.serverRoot,
    storage: parts.storage,
    folders: () => parts.folders.list().map(({ path }) => path),
    interpreter: async (folder, signal) => (await interpreters.selected(folder, signal)).executable,
    servings: async (): Promise<readonly DoctorServing[]> => {
      await store.refresh();
      return (parts.trust.isTrusted ? store.all() : []).map(({ ref, definition, state, run: last }) => ({
        name: ref.name,
        script: join(parts.registry.folderOf(ref.backend)?.path ?? '', definition.script),
        python: last?.environment?.executable,
        port: definition.port,
        isRunning: state === 'running',
      }));
    },
    uv,
    docker: async (signal) => [...(await checkEngine(engineCheck(parts), signal)), ...(await cleanUp.check(signal))],
  });
  return {
    interpreterOf,
    ensureRequirements,
    // Our own code reads the file as data, on a Python that no folder chose: that is safe in an untrusted one, too.
    listPickle: async (file, signal) =>
      pythons.inspectPickle((await pythons.findOnPath(signal)).executable, file, signal),
    check: (signal) => doctor.run(signal),
    missing: async (folder, definition, signal) => {
      const python = await interpreterOf(folder, definition, signal);
      return (await missingPackages(pythons, python, join(folder, definition.script), signal)).map(
        (each) => each.package,
      );
    },
    installInto: async (interpreter, packages, operation) => {
      const python = await pythons.describe(interpreter, operation.signal);
      await installInto(
        python,
        packages,
        { run, log: parts.log, env: process.env, home: homedir(), uv: uv(), folder: parts.storage },
        operation,
      );
    },
    useManaged: async (folder, definition, packages) => {
      const beside = definition.script.slice(0, definition.script.lastIndexOf('/') + 1);
      const named = definition.environment.requirements ?? `${beside}requirements.txt`;
      const file = join(folder, named);
      const before = await readFile(file, 'utf8').catch(() => undefined);
      const lines =
        before === undefined
          ? await requirementLines(folder, definition, AbortSignal.timeout(60_000))
          : before.trimEnd().split('\n');
      const known = new Set(packageNames(lines.join('\n')).map(normalise));
      await writeRequirements(file, [...lines, ...packages.filter((each) => !known.has(normalise(each)))]);
      return { ...definition, environment: { ...definition.environment, requirements: named } };
    },
    cleanUp,
    selectByExtension: () => interpreters.askExtension(),
    saveInterpreter: (path) => parts.settings.savePythonPath(path),
  };
}

/** What the checks of the Docker engine look at. */
function engineCheck({ engine, settings, store, registry }: EnvironmentParts): EngineCheck {
  const around = (): Surroundings => surroundings(settings.dockerHost());
  return {
    find: (signal) => engine.get(signal),
    around,
    connect: (place) => connectEngine(place, new DockerLogins(around)),
    servings: () =>
      store.all().flatMap(({ ref, kind, definition }) => {
        const folder = registry.folderOf(ref.backend)?.path;
        return kind === 'docker' && folder !== undefined ? [{ about: ref, folder, definition }] : [];
      }),
    images: () => ({ base: settings.baseImage() || undefined, gateway: settings.gatewayImage() || undefined }),
    person: () => ({ name: userInfo().username, groups: process.getgroups?.() ?? [] }),
    computer: {
      name: hostname(),
      architecture: machine(),
      freeDisk: (folder) => thisComputer.freeDisk(folder),
    },
  };
}

async function writeRequirements(file: string, lines: readonly string[]): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${lines.join('\n')}\n`);
}
