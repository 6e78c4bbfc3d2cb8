import { createHash } from 'node:crypto';
import { indexText, withoutSecrets, type PipSettings } from './pipSettings';
import type { PythonInfo } from './python';
import type { Snapshot } from './snapshot';

/** What tells environments apart: twelve characters, for the sake of Windows' short paths. */
export function keyOf(python: PythonInfo, snapshot: Snapshot, settings: PipSettings, env: NodeJS.ProcessEnv): string {
  const { version, prefix, implementation } = python;
  const sources = ['find-links', 'no-index', 'pre', 'no-binary', 'only-binary', 'constraint'].map((name) =>
    withoutSecrets(settings[name] ?? ''),
  );
  const parts = [implementation, version, prefix, snapshot.hash, indexText(settings, env), sources];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 12);
}
