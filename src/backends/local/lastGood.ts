import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServingDefinition } from '../../core/definition';
import { t } from '../../core/l10n';
import type { LastGoodRun } from '../../core/serving';
import type { GoodRun, RunRecord } from './ledger';
import { lineChanges } from './lineChanges';

/** What a run leaves to the next one: itself where it was ready, else the one that was ready before it. */
export function goodOf(run: RunRecord | undefined): GoodRun | undefined {
  if (run?.readyAt === undefined) {
    return run?.lastGood;
  }
  const { startedAt, endedAt, definition, artifact } = run;
  return {
    startedAt,
    ...(endedAt === undefined ? {} : { endedAt }),
    definition,
    ...(artifact ? { artifact } : {}),
  };
}

/** When a serving whose start failed was well last, and what is not as it was then; undefined where that is not known. */
export async function lastGoodOf(run: RunRecord, folder: string): Promise<LastGoodRun | undefined> {
  const good = run.readyAt === undefined ? run.lastGood : undefined;
  if (good === undefined) {
    return undefined;
  }
  const { startedAt, endedAt, artifact } = good;
  const before = artifact && (await textOf(artifact.script));
  const now = await textOf(join(folder, run.definition.script));
  return {
    startedAt: new Date(startedAt),
    ...(endedAt === undefined ? {} : { endedAt: new Date(endedAt) }),
    ...(artifact ? { artifact: artifact.label } : {}),
    ...(artifact && before !== undefined ? { script: artifact.script } : {}),
    changes: [...scriptChange(before, now), ...filesChange(run, good, before === now), ...settingsChange(good, run)],
  };
}

function scriptChange(before: string | undefined, now: string | undefined): readonly string[] {
  if (before === undefined || now === undefined || before === now) {
    return [];
  }
  const { added, removed } = lineChanges(before, now);
  return [t('the Predict script ({0} added, {1} removed)', lines(added), String(removed))];
}

function lines(count: number): string {
  return count === 1 ? t('1 line') : t('{0} lines', String(count));
}

/** What was packed is another content, and it is not the script's. */
function filesChange(run: RunRecord, good: GoodRun, isSameScript: boolean): readonly string[] {
  const isOther =
    run.artifact !== undefined && good.artifact !== undefined && run.artifact.fingerprint !== good.artifact.fingerprint;
  const { model } = run.definition;
  return isOther && isSameScript && sameModel(good.definition, run.definition)
    ? [t('files of {0} v{1}', model.name, String(model.version))]
    : [];
}

function sameModel(one: ServingDefinition, other: ServingDefinition): boolean {
  return one.model.name === other.model.name && one.model.version === other.model.version;
}

const words = (): Readonly<Partial<Record<keyof ServingDefinition, string>>> => ({
  model: t('the model version'),
  script: t('which script is used'),
  artifact: t('which artifact is used'),
  replicas: t('the number of replicas'),
  resources: t('the limits of a replica'),
  environment: t('the environment'),
  transformer: t('the transformer'),
  batching: t('batching'),
  limits: t('the limits of requests'),
  port: t('the port'),
  token: t('the token'),
  pickleImports: t('what pickles may import'),
});
/** They change nothing of how it runs. */
const UNSAID: readonly (keyof ServingDefinition)[] = ['name', 'backend', 'description', 'sample'];

function settingsChange({ definition: before }: GoodRun, { definition: now }: RunRecord): readonly string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])] as (keyof ServingDefinition)[];
  const changed = names.filter(
    (name) => !UNSAID.includes(name) && JSON.stringify(before[name]) !== JSON.stringify(now[name]),
  );
  return [...new Set(changed.map((name) => words()[name] ?? t('other settings')))];
}

async function textOf(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch(() => undefined);
}
