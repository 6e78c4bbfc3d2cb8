import { cores, gpus } from '../../core/counts';
import type { ServingAction } from '../../core/actions';
import { secretNames, type ServingDefinition } from '../../core/definition';
import { t } from '../../core/l10n';
import type { Difference, Serving } from '../../core/serving';
import type { ConfigurationRow, ConfigurationView } from '../../protocol/views/configuration';
import { baseName, shortPath } from './paths';
import { remoteRows } from './remoteRows';

/** What was asked for, row by row, with what differs from what runs at its row. */
export function toConfiguration(serving: Serving, actions: readonly ServingAction[]): ConfigurationView {
  if (serving.kind === 'hopsworks') {
    return { rows: remoteRows(serving), canRestart: actions.includes('restart') };
  }
  const { definition, run } = serving;
  const settings = differenceText(serving.differences, 'settings');
  const script = differenceText(serving.differences, 'script');
  const model = differenceText(serving.differences, 'model');
  const artifact = run?.artifact;
  const rows: ConfigurationRow[] = [
    {
      label: t('Predict script'),
      text: '',
      link: 'script',
      linkText: baseName(definition.script),
      code: false,
      ...(script && { difference: script, canCompare: run?.artifactScript !== undefined }),
    },
    {
      label: t('Model'),
      text: '',
      link: 'model',
      linkText: modelText(definition),
      code: false,
      ...(model && { difference: model }),
    },
    artifactRow(definition, artifact),
    environmentRow(serving),
    { label: t('Replicas'), text: replicasText(definition), code: false },
    ...(serving.kind === 'process' ? [] : [{ label: t('Per replica'), text: resourcesText(definition), code: false }]),
    ...transformerRow(definition),
    batchingRow(serving),
    ...reloadRow(serving),
    ...pickleRow(serving),
    {
      label: t('Port'),
      text: definition.port === 'auto' ? t('any that is free') : String(definition.port),
      code: false,
    },
    ...(definition.token === undefined ? [] : [{ label: t('Token'), text: definition.token, code: true }]),
    ...namesRow(t('Variables'), Object.keys(definition.environment.variables)),
    ...namesRow(t('Secrets'), secretNames(definition)),
    ...(definition.description === '' ? [] : [{ label: t('Description'), text: definition.description, code: false }]),
    ...(settings === undefined ? [] : [{ label: t('Settings'), text: '', code: false, difference: settings }]),
  ];
  return {
    rows,
    canRestart: actions.includes('restart'),
    ...(serving.definitionFile === undefined ? {} : { file: shortPath(serving.definitionFile) }),
  };
}

/** "irisflowerclassifier v1". */
export function modelText(definition: ServingDefinition): string {
  return `${definition.model.name} v${String(definition.model.version)}`;
}

function artifactRow(definition: ServingDefinition, artifact: string | undefined): ConfigurationRow {
  if (artifact !== undefined) {
    return { label: t('Artifact'), text: '', link: 'artifact', linkText: artifact, code: true };
  }
  const asked =
    definition.artifact === 'CREATE'
      ? t('packed at the start')
      : definition.artifact === 'MODEL-ONLY'
        ? 'MODEL-ONLY'
        : String(definition.artifact);
  return { label: t('Artifact'), text: asked, code: definition.artifact !== 'CREATE' };
}

function environmentRow(serving: Serving): ConfigurationRow {
  const { environment } = serving.definition;
  const python = serving.run?.environment?.python;
  const text =
    python === undefined
      ? (environment.python ?? (environment.requirements === undefined ? t('The selected Python') : t('Managed')))
      : `Python ${python}`;
  return environment.requirements === undefined
    ? { label: t('Environment'), text, code: false }
    : {
        label: t('Environment'),
        text: `${text}, `,
        link: 'requirements',
        linkText: baseName(environment.requirements),
        code: false,
      };
}

function transformerRow({ transformer }: ServingDefinition): readonly ConfigurationRow[] {
  return transformer === undefined ? [] : [{ label: t('Transformer'), text: baseName(transformer), code: false }];
}

/** What the server found out, else what was asked for. */
function batchingRow({ definition, run }: Serving): ConfigurationRow {
  const { enabled, maxRows } = definition.batching;
  const states = run?.batching ?? [];
  const texts = states.map(({ verb, isOn, reason, fix }) => {
    const text = isOn ? t('on, up to {0} rows', maxRows) : offText(reason, fix);
    return states.length > 1 ? `${verb} ${text}` : text;
  });
  const asked = enabled ? t('on where it is safe') : t('off');
  return { label: t('Batching'), text: texts.length === 0 ? asked : texts.join('; '), code: false };
}

function offText(reason: string, fix: string): string {
  if (reason === '') {
    return t('off');
  }
  return fix === '' ? t('off: {0}', reason) : t('off: {0}. To turn it on, {1}', reason, fix);
}

function reloadRow({ definition, run }: Serving): readonly ConfigurationRow[] {
  if (!definition.reload) {
    return [];
  }
  return [{ label: t('Reload'), text: reloadText(run?.reload), code: false }];
}

function reloadText(state: NonNullable<Serving['run']>['reload']): string {
  if (state === undefined) {
    return t('on');
  }
  switch (state.state) {
    case 'failed':
      return t(
        'the last change does not work, what ran before goes on: {0}',
        state.failure?.message ?? t('see the logs'),
      );
    case 'loading':
      return t('loading a change');
    case 'watching':
      return state.reloads === 1 ? t('on, 1 change taken up') : t('on, {0} changes taken up', state.reloads);
  }
}

function pickleRow({ definition, run }: Serving): readonly ConfigurationRow[] {
  const { pickleImports } = definition;
  const seen = run?.pickleImports ?? [];
  if (seen.length === 0 && pickleImports === undefined) {
    return [];
  }
  const packages = [...new Set(seen.map((name) => name.split('.')[0] ?? name))].sort();
  const imported = packages.length === 0 ? '' : t('imported from {0}', packages.join(', '));
  const allowed =
    pickleImports === undefined
      ? t('anything is allowed')
      : t('allowed: {0}', pickleImports.join(', ') || t('nothing'));
  return [{ label: t('Pickles'), text: [imported, allowed].filter((part) => part !== '').join('; '), code: false }];
}

function namesRow(label: string, names: readonly string[]): readonly ConfigurationRow[] {
  return names.length === 0 ? [] : [{ label, text: names.join(', '), code: true }];
}

/** "3 to 6". */
export function replicasText(definition: ServingDefinition): string {
  const { min, max } = definition.replicas;
  return min === max ? String(min) : t('{0} to {1}', String(min), String(max));
}

function resourcesText(definition: ServingDefinition): string {
  const most = definition.resources;
  return [cores(most.cores), `${String(most.memoryMb)} MB`, most.gpus === 0 ? t('no GPU') : gpus(most.gpus)].join(', ');
}

function differenceText(differences: readonly Difference[], what: Difference['what']): string | undefined {
  const found = differences.filter((each) => each.what === what);
  return found.length === 0 ? undefined : found.map((each) => each.text).join('; ');
}
