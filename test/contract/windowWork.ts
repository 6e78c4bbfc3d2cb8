import type { Backend } from '../../src/core/backend';
import type { ServingDefinition } from '../../src/core/definition';

/** What a window in a process of its own does: starts or updates a serving and tells each stage, until it is killed. */
export function workInWindow(backend: Backend, verb: string, definition: ServingDefinition): void {
  const operation = {
    signal: new AbortController().signal,
    report: ({ stage }: { stage: string }): void => {
      process.stdout.write(`${stage}\n`);
    },
  };
  const ref = { backend: backend.id, name: definition.name };
  const work = verb === 'start' ? backend.start(ref, operation) : backend.update(ref, definition, operation);
  work.then(
    () => process.stdout.write('done\n'),
    (error: unknown) => process.stdout.write(`failed ${String(error)}\n`),
  );
  setInterval(() => undefined, 60_000);
}
