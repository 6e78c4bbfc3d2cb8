import type { ServingAction } from '../../core/actions';
import { secretNames, type ServingDefinition } from '../../core/definition';
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
      label: 'Predict script',
      text: '',
      link: 'script',
      linkText: baseName(definition.script),
      code: false,
      ...(script && { difference: script, canCompare: run?.artifactScript !== undefined }),
    },
    {
      label: 'Model',
      text: '',
      link: 'model',
      linkText: modelText(definition),
      code: false,
      ...(model && { difference: model }),
    },
    artifactRow(definition, artifact),
    environmentRow(serving),
    { label: 'Replicas', text: replicasText(definition), code: false },
    ...(serving.kind === 'process' ? [] : [{ label: 'Per replica', text: resourcesText(definition), code: false }]),
    ...transformerRow(definition),
    batchingRow(serving),
    ...reloadRow(serving),
    ...pickleRow(serving),
    { label: 'Port', text: definition.port === 'auto' ? 'any that is free' : String(definition.port), code: false },
    ...(definition.token === undefined ? [] : [{ label: 'Token', text: definition.token, code: true }]),
    ...namesRow('Variables', Object.keys(definition.environment.variables)),
    ...namesRow('Secrets', secretNames(definition)),
    ...(definition.description === '' ? [] : [{ label: 'Description', text: definition.description, code: false }]),
    ...(settings === undefined ? [] : [{ label: 'Settings', text: '', code: false, difference: settings }]),
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
    return { label: 'Artifact', text: '', link: 'artifact', linkText: artifact, code: true };
  }
  const asked =
    definition.artifact === 'CREATE'
      ? 'packed at the start'
      : definition.artifact === 'MODEL-ONLY'
        ? 'MODEL-ONLY'
        : String(definition.artifact);
  return { label: 'Artifact', text: asked, code: definition.artifact !== 'CREATE' };
}

function environmentRow(serving: Serving): ConfigurationRow {
  const { environment } = serving.definition;
  const python = serving.run?.environment?.python;
  const text =
    python === undefined
      ? (environment.python ?? (environment.requirements === undefined ? 'The selected Python' : 'Managed'))
      : `Python ${python}`;
  return environment.requirements === undefined
    ? { label: 'Environment', text, code: false }
    : {
        label: 'Environment',
        text: `${text}, `,
        link: 'requirements',
        linkText: baseName(environment.requirements),
        code: false,
      };
}

function transformerRow({ transformer }: ServingDefinition): readonly ConfigurationRow[] {
  return transformer === undefined ? [] : [{ label: 'Transformer', text: baseName(transformer), code: false }];
}

/** What the server found out, else what was asked for. */
function batchingRow({ definition, run }: Serving): ConfigurationRow {
  const { enabled, maxRows } = definition.batching;
  const states = run?.batching ?? [];
  const texts = states.map(({ verb, isOn, reason, fix }) => {
    const why = isOn || reason === '' ? '' : `: ${reason}${fix === '' ? '' : `. To turn it on, ${fix}`}`;
    return `${states.length > 1 ? `${verb} ` : ''}${isOn ? `on, up to ${String(maxRows)} rows` : 'off'}${why}`;
  });
  const asked = enabled ? 'on where it is safe' : 'off';
  return { label: 'Batching', text: texts.length === 0 ? asked : texts.join('; '), code: false };
}

function reloadRow({ definition, run }: Serving): readonly ConfigurationRow[] {
  if (!definition.reload) {
    return [];
  }
  const state = run?.reload;
  const text =
    state === undefined
      ? 'on'
      : state.state === 'failed'
        ? `the last change does not work, what ran before goes on: ${state.failure?.message ?? 'see the logs'}`
        : state.state === 'loading'
          ? 'loading a change'
          : `on, ${String(state.reloads)} ${state.reloads === 1 ? 'change' : 'changes'} taken up`;
  return [{ label: 'Reload', text, code: false }];
}

function pickleRow({ definition, run }: Serving): readonly ConfigurationRow[] {
  const { pickleImports } = definition;
  const seen = run?.pickleImports ?? [];
  if (seen.length === 0 && pickleImports === undefined) {
    return [];
  }
  const packages = [...new Set(seen.map((name) => name.split('.')[0] ?? name))].sort();
  const imported = packages.length === 0 ? '' : `imported from ${packages.join(', ')}`;
  const allowed =
    pickleImports === undefined ? 'anything is allowed' : `allowed: ${pickleImports.join(', ') || 'nothing'}`;
  return [{ label: 'Pickles', text: [imported, allowed].filter((part) => part !== '').join('; '), code: false }];
}

function namesRow(label: string, names: readonly string[]): readonly ConfigurationRow[] {
  return names.length === 0 ? [] : [{ label, text: names.join(', '), code: true }];
}

/** "3 to 6". */
export function replicasText(definition: ServingDefinition): string {
  const { min, max } = definition.replicas;
  return min === max ? String(min) : `${String(min)} to ${String(max)}`;
}

function resourcesText(definition: ServingDefinition): string {
  const { cores, memoryMb, gpus } = definition.resources;
  return `${String(cores)} ${cores === 1 ? 'core' : 'cores'}, ${String(memoryMb)} MB, ${gpus === 0 ? 'no' : String(gpus)} ${gpus > 1 ? 'GPUs' : 'GPU'}`;
}

function differenceText(differences: readonly Difference[], what: Difference['what']): string | undefined {
  const found = differences.filter((each) => each.what === what);
  return found.length === 0 ? undefined : found.map((each) => each.text).join('; ');
}
