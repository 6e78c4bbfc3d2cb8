import { basename, extname } from 'node:path';
import { t } from '../../core/l10n';
import type { Framework, ModelMetadata } from '../../core/model';
import { checkModelName, toModelName } from '../../core/names';
import { BACK, type Choice, type Prompts } from '../prompts';
import { Back, runWizard, type Step } from '../wizard';

/** What an export starts from. */
export interface ExportDraft {
  readonly name: string;
  readonly version: number;
  readonly framework: Framework;
  readonly description: string;
  readonly metrics: Readonly<Record<string, number>>;
}

export interface ExportWizardOptions {
  readonly prompts: Prompts;
  readonly title?: string;
  /** Absolute path of what is exported. */
  readonly source: string;
  /** A name that is known already. */
  readonly name?: string;
  readonly framework: Framework;
  readonly metrics: Readonly<Record<string, number>>;
  readonly description?: string;
  /** What becomes of a version that is replaced. */
  readonly replaces?: string;
  /** The next free version of a model. */
  readonly nextVersion: (name: string) => Promise<number>;
  /** Versions that a model has, newest first. */
  readonly versions: (name: string) => readonly number[];
}

export interface ExportChoice {
  readonly name: string;
  readonly version: number;
  readonly overwrite: boolean;
  readonly metadata: ModelMetadata;
}

type Row = 'go' | 'version' | 'framework' | 'description' | 'metrics';

const titleText = () => t('Export as Model');
const frameworks = (): readonly Choice<Framework>[] => [
  { label: 'scikit-learn', value: 'SKLEARN' },
  { label: 'XGBoost', value: 'XGBOOST' },
  { label: 'LightGBM', value: 'LIGHTGBM' },
  { label: 'PyTorch', value: 'TORCH' },
  { label: 'ONNX', value: 'ONNX' },
  { label: 'TensorFlow', value: 'TENSORFLOW' },
  { label: 'Python', value: 'PYTHON', description: t('anything else') },
];

/** Name, then a summary whose every line can be changed: Enter through exports the next version. */
export async function askForExport(options: ExportWizardOptions): Promise<ExportChoice> {
  const { prompts, title = titleText() } = options;
  const name: Step<ExportDraft> = async (draft, position) => {
    const answer = await prompts.input({
      ...position,
      title,
      prompt: t('Name of the model. Enter to accept, Escape to cancel.'),
      value: draft.name,
      check: checkModelName,
    });
    return answer === BACK
      ? BACK
      : { ...draft, name: answer, version: answer === draft.name ? draft.version : await options.nextVersion(answer) };
  };
  const summary: Step<ExportDraft> = async (initial, position) => {
    let draft = initial;
    for (;;) {
      const chosen: Row | typeof BACK = await prompts.pick<Row>({
        ...position,
        title,
        placeholder: t('Export, or pick a line to change'),
        choices: rows(draft, options),
        active: 'go',
      });
      if (chosen === BACK || chosen === 'go') {
        return chosen === BACK ? new Back(draft) : draft;
      }
      draft = await change(chosen, draft, options);
    }
  };
  const suggested = options.name ?? (toModelName(basename(options.source, extname(options.source))) || 'model');
  const draft = await runWizard([name, summary], {
    name: suggested,
    version: await options.nextVersion(suggested),
    framework: options.framework,
    description: options.description ?? '',
    metrics: options.metrics,
  });
  return {
    name: draft.name,
    version: draft.version,
    overwrite: options.versions(draft.name).includes(draft.version),
    metadata: {
      framework: draft.framework,
      ...(draft.description === '' ? {} : { description: draft.description }),
      ...(Object.keys(draft.metrics).length === 0 ? {} : { metrics: draft.metrics }),
    },
  };
}

function rows(draft: ExportDraft, options: ExportWizardOptions): readonly Choice<Row>[] {
  const replaces = options.versions(draft.name).includes(draft.version);
  const framework = frameworks().find(({ value }) => value === draft.framework)?.label ?? draft.framework;
  return [
    {
      label: t('Export'),
      description: `Models/${draft.name}/${draft.version}`,
      value: 'go',
      icon: 'package',
      ...(replaces ? { detail: options.replaces ?? t('Replaces the version that is there; its artifacts stay') } : {}),
    },
    {
      separator: '',
      label: t('Version'),
      description: replaces ? t('{0}, replaced', draft.version) : String(draft.version),
      value: 'version',
      icon: 'versions',
    },
    { label: t('Framework'), description: framework, value: 'framework', icon: 'library' },
    {
      separator: '',
      label: t('Description'),
      description: draft.description || t('none'),
      value: 'description',
      icon: 'note',
    },
    { label: t('Metrics'), description: metricsText(draft.metrics) || t('none'), value: 'metrics', icon: 'graph' },
  ];
}

async function change(
  row: Exclude<Row, 'go'>,
  draft: ExportDraft,
  { prompts, nextVersion, versions }: ExportWizardOptions,
): Promise<ExportDraft> {
  switch (row) {
    case 'version': {
      const next = await nextVersion(draft.name);
      const chosen = await prompts.pick({
        canGoBack: true,
        title: t('Version'),
        placeholder: t('Which version?'),
        choices: [
          { label: t('Version {0}', next), description: 'next', value: next, icon: 'add' },
          ...versions(draft.name).map((version) => ({
            label: t('Version {0}', version),
            description: t('replace what is there'),
            value: version,
            icon: 'replace',
          })),
        ],
        active: draft.version,
      });
      return chosen === BACK ? draft : { ...draft, version: chosen };
    }
    case 'framework': {
      const chosen = await prompts.pick({
        canGoBack: true,
        title: t('Framework'),
        placeholder: t('What was it trained with?'),
        choices: frameworks(),
        active: draft.framework,
      });
      return chosen === BACK ? draft : { ...draft, framework: chosen };
    }
    case 'description': {
      const answer = await prompts.input({
        canGoBack: true,
        title: t('Description'),
        prompt: t('What the model is for.'),
        value: draft.description,
        check: () => undefined,
      });
      return answer === BACK ? draft : { ...draft, description: answer };
    }
    case 'metrics': {
      const answer = await prompts.input({
        canGoBack: true,
        title: t('Metrics'),
        prompt: t('name=number, separated by spaces: accuracy=0.97 f1=0.96'),
        value: metricsText(draft.metrics),
        check: (text) => (parseMetrics(text) ? undefined : t('Enter name=number, separated by spaces')),
      });
      return answer === BACK ? draft : { ...draft, metrics: parseMetrics(answer) ?? draft.metrics };
    }
  }
}

function metricsText(metrics: Readonly<Record<string, number>>): string {
  return Object.entries(metrics)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
}

/** `accuracy=0.97 f1=0.96`; undefined when a part is no metric. */
export function parseMetrics(text: string): Record<string, number> | undefined {
  const parts = text.split(/\s+/).filter((part) => part !== '');
  const pairs = parts
    .map((part) => /^([^=\s]+)=(.+)$/.exec(part))
    .map((match): readonly [string, number] => [match?.[1] ?? '', Number(match?.[2] ?? Number.NaN)]);
  return pairs.every(([name, value]) => name !== '' && Number.isFinite(value)) ? Object.fromEntries(pairs) : undefined;
}
