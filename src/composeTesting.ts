import { readFile } from 'node:fs/promises';
import type { BackendRegistry } from './app/backendRegistry';
import type { Prompts } from './app/prompts';
import { RequestsPlaces } from './app/requests/requestsPlaces';
import { TestServings } from './app/requests/testServings';
import type { Servings } from './app/servings';
import type { ServingStore } from './app/servingStore';
import type { Disposables } from './core/disposables';
import type { Folders, Memory, Trust } from './core/ports';
import { replaceFile } from './files/replaceFile';
import { findRequestsFiles, REQUESTS_PATTERN } from './platform/requestsFiles';
import { watchAll } from './platform/workspace';
import type { TestCommandParts } from './ui/commands/testCommands';
import { AcceptReply } from './ui/testing/acceptReply';
import { chooseServing, servingFor } from './ui/testing/askServing';
import { RequestTests } from './ui/testing/requestTests';
import { TestRuns } from './ui/testing/testRuns';

interface TestingParts {
  readonly registry: BackendRegistry;
  readonly servings: Servings;
  readonly store: ServingStore;
  readonly folders: Folders;
  readonly trust: Trust;
  readonly prompts: Prompts;
  readonly memory: Memory;
}

/** Many changes of servings in a row make the rows be described once. */
const CALM_MS = 300;

/** Requests as tests: the Test Explorer, its runs, and what its commands do. */
export function makeTesting(owned: Disposables, parts: TestingParts): TestCommandParts {
  const { registry, servings, store, folders, trust, prompts, memory } = parts;
  const places = new RequestsPlaces({ folders, folderOf: ({ backend }) => registry.folderOf(backend), memory });
  const choice = new TestServings({
    servings: () => store.all(),
    placeOf: (serving) => places.of(serving),
    memory,
  });
  const tests = owned.add(
    new RequestTests({
      find: findRequestsFiles,
      read: (file) => readFile(file, 'utf8'),
      watch: (onChange) => watchAll(folders, REQUESTS_PATTERN, onChange),
      served: async (file) => {
        const serving = await choice.of(file);
        return serving ? `${serving.ref.name} · ${store.labelOf(serving.ref)}` : '';
      },
    }),
  );
  const accepting = owned.add(
    new AcceptReply(tests, async (file, change) => {
      await replaceFile(file, change(await readFile(file, 'utf8')));
    }),
  );
  const asking = { prompts, choice, store };
  owned.add(
    new TestRuns(tests, {
      trust,
      predict: (ref, request, signal) => servings.predict(ref, request, signal),
      actions: (serving) => store.actions(serving),
      answered: (item, request, reply, hasPassed) => {
        accepting.answered(item, request, reply, hasPassed);
      },
      servingFor: (file, mayAsk) => servingFor(asking, file, mayAsk),
      refresh: () => store.refresh(),
      onDidChangeServings: store.onDidChange,
    }),
  );
  let timer: NodeJS.Timeout | undefined;
  owned.add(
    store.onDidChange(() => {
      clearTimeout(timer);
      timer = setTimeout(() => void tests.describeAll(), CALM_MS);
    }),
  );
  owned.add({
    dispose: () => {
      clearTimeout(timer);
    },
  });
  return {
    choose: async (file) => {
      await chooseServing(asking, file);
      await tests.describeAll();
    },
    accept: (target) => accepting.accept(target),
  };
}
