import type { Backend, Operation, Progress } from '../../src/core/backend';
import type { ServingDefinition } from '../../src/core/definition';

/**
 * Scripts that every fixture has:
 * - `echo`: prints `asked <inputs>` and answers with the inputs; raises on "raise"; prints `{"lines": n}` numbered lines
 *   of a thousand characters; waits `{"wait": seconds}`
 * - `second`: answers `"second"` to everything
 * - `slow`: takes some seconds to load
 * - `broken`: raises while it is loaded
 */
export type ScriptName = 'echo' | 'second' | 'slow' | 'broken';

/** One place where servings are kept, and what a test can do to it from outside. */
export interface Fixture {
  readonly backend: Backend;
  /** The same place seen from another window. */
  another(): Backend;
  define(name: string, script?: ScriptName, change?: Partial<ServingDefinition>): ServingDefinition;
  /** The text of a definition as it is kept. */
  readText(name: string): Promise<string | undefined>;
  writeText(name: string, text: string): Promise<void>;
  deleteText(name: string): Promise<void>;
  /** Everything that would belong to a serving that does not run: processes, folders, files. Empty when all is clean. */
  leftovers(name: string): Promise<readonly string[]>;
  /** Files of servings, wherever they lie, that have this text in them; those of the workspace are left out. */
  found(text: string): Promise<readonly string[]>;
  /** What must outlive the removal of a serving. */
  modelsAndScripts(): Promise<readonly string[]>;
  /** Ends a serving's server as a crash would; undefined where there is no such thing. */
  readonly crash?: (name: string, what: 'server' | 'worker') => Promise<void>;
  dispose(): Promise<void>;
}

export interface RecordedOperation extends Operation {
  readonly stages: string[];
  cancel(): void;
}

/** An operation that nobody watches; `onReport` may cancel it. */
export function operation(
  onReport: (progress: Progress, cancel: () => void) => void = () => undefined,
): RecordedOperation {
  const abort = new AbortController();
  const stages: string[] = [];
  return {
    signal: abort.signal,
    stages,
    cancel: () => {
      abort.abort();
    },
    report: (progress) => {
      if (stages.at(-1) !== progress.stage) {
        stages.push(progress.stage);
      }
      onReport(progress, () => {
        abort.abort();
      });
    },
  };
}
