import { t } from '../../core/l10n';
import type { Difference } from '../../core/serving';
import { findFile, type FoundFile, walk } from '../../files/walk';
import type { Hashes } from './hashes';
import type { Manifest, PackedFile } from './manifest';
import { isLeftOut, type Sources } from './sources';
import { timeText } from './times';

/** Comparing cannot be cancelled: it reads only what has another time than when it was packed. */
const WITHOUT_END = { signal: new AbortController().signal, onBytes: (): undefined => undefined };
const NAMED = 3;

/** What differs between an artifact and what lies in the workspace; `script`: the name that runs in the artifact. */
export async function differencesOf(
  manifest: Manifest,
  script: string,
  sources: Sources,
  hashes: Hashes,
): Promise<readonly Difference[]> {
  const packed = new Map(manifest.files.map((file) => [file.name, file]));
  const packedAt = timeText(new Date(manifest.created));
  const [ofScript, ofModel] = await Promise.all([
    scriptDifference(packed, packedAt, script, sources, hashes),
    modelDifference(packed, packedAt, sources, hashes),
  ]);
  return [...ofScript, ...ofModel];
}

async function scriptDifference(
  packed: ReadonlyMap<string, PackedFile>,
  packedAt: string,
  script: string,
  sources: Sources,
  hashes: Hashes,
): Promise<readonly Difference[]> {
  if (script !== sources.scriptName) {
    return [{ what: 'script', text: t('{0} is asked for, {1} runs', sources.scriptName, script) }];
  }
  const file = await findFile(sources.script, sources.scriptName).catch(() => undefined);
  if (file === undefined) {
    return [{ what: 'script', text: t('deleted or moved, artifact packed {0}', packedAt) }];
  }
  return (await isSame(packed.get(script), file, hashes))
    ? []
    : [{ what: 'script', text: t('edited {0}, artifact packed {1}', timeText(file.modified), packedAt) }];
}

async function modelDifference(
  packed: ReadonlyMap<string, PackedFile>,
  packedAt: string,
  sources: Sources,
  hashes: Hashes,
): Promise<readonly Difference[]> {
  const found = await walk(sources.version, { signal: WITHOUT_END.signal, skip: isLeftOut }).catch(() => undefined);
  if (found === undefined) {
    return [{ what: 'model', text: t("the model version's folder cannot be read, artifact packed {0}", packedAt) }];
  }
  const missing = new Set([...packed.keys()].filter((name) => name !== sources.scriptName));
  const changes: string[] = [];
  for (const file of found.filter(({ name }) => name !== sources.scriptName)) {
    missing.delete(file.name);
    const before = packed.get(file.name);
    if (before === undefined) {
      changes.push(t('{0} added', file.name));
    } else if (!(await isSame(before, file, hashes))) {
      changes.push(t('{0} changed {1}', file.name, timeText(file.modified)));
    }
  }
  changes.push(...[...missing].map((name) => t('{0} deleted', name)));
  if (changes.length === 0) {
    return [];
  }
  const named = changes.slice(0, NAMED).join(', ');
  const text =
    changes.length > NAMED
      ? t('{0} and {1} more, artifact packed {2}', named, changes.length - NAMED, packedAt)
      : t('{0}, artifact packed {1}', named, packedAt);
  return [{ what: 'model', text }];
}

async function isSame(packed: PackedFile | undefined, file: FoundFile, hashes: Hashes): Promise<boolean> {
  if (packed?.bytes !== file.bytes) {
    return false;
  }
  return packed.modified === String(file.modified) || (await hashes.of(file, WITHOUT_END)) === packed.sha256;
}
