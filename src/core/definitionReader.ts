import { findNodeAtLocation, type JSONPath, type Node } from 'jsonc-parser';
import {
  DEFAULTS,
  type ArtifactChoice,
  type EnvironmentDefinition,
  type LocalBackendKind,
  type ServingDefinition,
} from './definition';
import {
  INFERENCE_LOG_MODES,
  type InferenceLogDefinition,
  type InferenceLogMode,
  type InferenceSchemaVersion,
} from './inferenceLog';
import { t } from './l10n';
import { checkModelName, checkServingName, checkTopicName } from './names';

/** As the server reads paths (jsonpath.py): names, numbers, all, at any depth. */
const JSON_PATH =
  /^\$(?:\.\.?(?:\*|[^.\[\]'"*\s]+)|(?:\.\.)?\[(?:\*|-?\d{1,9}|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")\])+$/;
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Something wrong in a definition's text, at its place. */
export interface DefinitionIssue {
  readonly message: string;
  /** Characters from the start of the text. */
  readonly offset: number;
  readonly length: number;
  /** `model.version`; empty for the whole text. */
  readonly field: string;
  /** Whether the JSON schema says it, too. */
  readonly structural: boolean;
}
/** Reads the fields of a definition; what is wrong with one is kept with its place, and its default is taken. */
export class DefinitionReader {
  readonly issues: DefinitionIssue[] = [];

  constructor(private readonly root: Node) {}

  definition(): ServingDefinition {
    const name = this.text('name', checkServingName);
    const min = this.whole('replicas.min', DEFAULTS.replicas.min, 1, 64);
    const max = this.whole('replicas.max', Math.max(min, DEFAULTS.replicas.max), 1, 64);
    if (max < min) {
      this.wrong('replicas.max', t('The maximum is below the minimum: use {0} or more', min), false);
    }
    const transformer = this.transformer();
    const token = this.token();
    const pickleImports = this.texts('pickleImports', t('patterns of imports: ["sklearn.*", "numpy.*"]'));
    const sample = this.value('sample');
    return {
      name,
      backend: this.oneOf<LocalBackendKind>('backend', ['process', 'docker'], DEFAULTS.backend),
      model: { name: this.text('model.name', checkModelName), version: this.whole('model.version', undefined, 1) },
      script: this.text('script', (path) => checkScript(path)),
      artifact: this.artifact(),
      replicas: { min, max },
      preload: this.flag('preload', DEFAULTS.preload),
      resources: {
        cores: this.number('resources.cores', DEFAULTS.resources.cores, 0.1),
        memoryMb: this.whole('resources.memoryMb', DEFAULTS.resources.memoryMb, 16),
        gpus: this.whole('resources.gpus', DEFAULTS.resources.gpus, 0),
      },
      environment: this.environment(),
      ...(transformer === undefined ? {} : { transformer }),
      batching: {
        enabled: this.flag('batching.enabled', DEFAULTS.batching.enabled),
        maxRows: this.whole('batching.maxRows', DEFAULTS.batching.maxRows, 1, 1_000_000),
        check: this.flag('batching.check', DEFAULTS.batching.check),
      },
      limits: {
        queueLength: this.whole('limits.queueLength', DEFAULTS.limits.queueLength, 1, 1_000_000),
        requestSeconds: this.number('limits.requestSeconds', DEFAULTS.limits.requestSeconds, 0.01, 1_000_000),
      },
      ...(token === undefined ? {} : { token }),
      ...(pickleImports === undefined ? {} : { pickleImports }),
      lenientReplies: this.flag('lenientReplies', DEFAULTS.lenientReplies),
      reload: this.flag('reload', DEFAULTS.reload),
      ...(sample === undefined ? {} : { sample }),
      inferenceLog: this.inferenceLog(),
      port: this.value('port') === 'auto' ? 'auto' : this.whole('port', undefined, 1, 65535, 'auto'),
      description: this.optionalText('description') ?? DEFAULTS.description,
    };
  }

  private environment(): EnvironmentDefinition {
    const python = this.optionalText('environment.python');
    const requirements = this.optionalText('environment.requirements');
    return {
      ...(python === undefined ? {} : { python }),
      ...(requirements === undefined ? {} : { requirements }),
      variables: this.variables('environment.variables'),
      secrets: this.names('environment.secrets'),
    };
  }

  private inferenceLog(): InferenceLogDefinition {
    const { mode, local, kafka } = DEFAULTS.inferenceLog;
    const [at, ofKafka] = ['inferenceLog', 'inferenceLog.kafka'];
    const topic = this.optionalText(`${ofKafka}.topic`) ?? kafka.topic;
    const problem = checkTopicName(topic);
    if (problem !== undefined) {
      this.wrong(`${ofKafka}.topic`, problem, true);
    }
    return {
      mode: this.oneOf<InferenceLogMode>(`${at}.mode`, INFERENCE_LOG_MODES, mode),
      local: this.flag(`${at}.local`, local),
      redact: this.texts(`${at}.redact`, t('JSON paths: ["$.inputs[*].name", "$..pin"]'), JSON_PATH) ?? [],
      headers: this.texts(`${at}.headers`, t('names of headers: ["user-agent"]'), /^[!#$%&'*+.^_`|~\w-]+$/) ?? [],
      kafka: {
        topic,
        partitions: this.whole(`${ofKafka}.partitions`, kafka.partitions, 1, 1000),
        copies: this.whole(`${ofKafka}.copies`, kafka.copies, 1, 100),
        schemaVersion: this.whole(`${ofKafka}.schemaVersion`, kafka.schemaVersion, 1, 4) as InferenceSchemaVersion,
      },
    };
  }

  private artifact(): ArtifactChoice {
    const value = this.value('artifact');
    if (value === undefined || value === 'MODEL-ONLY' || value === 'CREATE') {
      return value ?? DEFAULTS.artifact;
    }
    if (typeof value === 'number' && Number.isInteger(value) && value >= 1) {
      return value;
    }
    this.wrong('artifact', t('Use "MODEL-ONLY", "CREATE" or the number of an artifact'), true);
    return DEFAULTS.artifact;
  }

  /** It is packed with the model version, so it has to lie there. */
  private transformer(): string | undefined {
    const path = this.optionalText('transformer');
    const problem = path === undefined ? undefined : checkScript(path, 'transformer');
    const version = `Models/${String(this.value('model.name'))}/${String(this.value('model.version'))}/`;
    if (problem !== undefined) {
      this.wrong('transformer', problem, true);
    } else if (path !== undefined && !path.replaceAll('\\', '/').startsWith(version)) {
      this.wrong(
        'transformer',
        t("Put the transformer's script into the folder of the model version: {0}", version),
        false,
      );
    }
    return path;
  }

  private token(): string | undefined {
    const name = this.optionalText('token');
    if (name !== undefined && !VARIABLE.test(name)) {
      this.wrong('token', t('Use the name of a secret, such as SERVING_TOKEN, never the token itself'), true);
    }
    return name;
  }

  private text(field: string, check: (text: string) => string | undefined): string {
    const value = this.value(field);
    if (typeof value !== 'string') {
      this.wrong(field, value === undefined ? t('"{0}" is missing', field) : t('"{0}" must be a text', field), true);
      return '';
    }
    const problem = check(value);
    if (problem !== undefined) {
      this.wrong(field, problem, true);
    }
    return value;
  }

  private optionalText(field: string): string | undefined {
    const value = this.value(field);
    if (value !== undefined && typeof value !== 'string') {
      this.wrong(field, t('"{0}" must be a text', field), true);
      return undefined;
    }
    return value;
  }

  private number(field: string, fallback: number | undefined, least: number, most = Number.MAX_SAFE_INTEGER): number {
    const value = this.value(field) ?? fallback;
    if (typeof value !== 'number' || value < least || value > most) {
      const range = most === Number.MAX_SAFE_INTEGER ? t('{0} or more', least) : t('{0} to {1}', least, most);
      this.wrong(
        field,
        value === undefined ? t('"{0}" is missing', field) : t('"{0}" must be a number: {1}', field, range),
        true,
      );
      return fallback ?? least;
    }
    return value;
  }

  private whole(field: string, fallback: number | undefined, least: number, most?: number): number;
  private whole(field: string, fallback: undefined, least: number, most: number, absent: 'auto'): number | 'auto';
  private whole(
    field: string,
    fallback: number | undefined,
    least: number,
    most?: number,
    absent?: 'auto',
  ): number | 'auto' {
    if (absent !== undefined && this.value(field) === undefined) {
      return absent;
    }
    const value = this.number(field, fallback, least, most);
    if (!Number.isInteger(value)) {
      this.wrong(field, t('"{0}" must be a whole number', field), true);
    }
    return value;
  }

  private oneOf<T extends string>(field: string, choices: readonly T[], fallback: T): T {
    const value = this.value(field) ?? fallback;
    const found = choices.find((choice) => choice === value);
    if (found === undefined) {
      this.wrong(field, t('"{0}" must be {1}', field, choices.map((c) => `"${c}"`).join(t(' or '))), true);
    }
    return found ?? fallback;
  }

  private variables(field: string): Record<string, string> {
    const value = this.value(field) ?? {};
    if (typeof value !== 'object' || Array.isArray(value) || Object.values(value).some((v) => typeof v !== 'string')) {
      this.wrong(field, t('"{0}" must be an object of texts: {"NAME": "value"}', field), true);
      return {};
    }
    return { ...(value as Record<string, string>) };
  }

  private names(field: string): readonly string[] {
    return this.texts(field, t('names of environment variables: ["API_KEY"]'), VARIABLE) ?? [];
  }

  private texts(field: string, what: string, pattern = /./): readonly string[] | undefined {
    const value = this.value(field);
    if (value === undefined) {
      return undefined;
    }
    if (!Array.isArray(value) || value.some((each) => typeof each !== 'string' || !pattern.test(each))) {
      this.wrong(field, t('"{0}" must be a list of {1}', field, what), true);
      return undefined;
    }
    return value as readonly string[];
  }

  private flag(field: string, fallback: boolean): boolean {
    const value = this.value(field) ?? fallback;
    if (typeof value !== 'boolean') {
      this.wrong(field, t('"{0}" must be true or false', field), true);
      return fallback;
    }
    return value;
  }

  private value(field: string): unknown {
    const node = findNodeAtLocation(this.root, toPath(field));
    return node && (valueOf(node) ?? undefined);
  }

  private wrong(field: string, message: string, structural: boolean): void {
    let path = toPath(field);
    let node = findNodeAtLocation(this.root, path);
    while (!node && path.length > 0) {
      path = path.slice(0, -1);
      node = findNodeAtLocation(this.root, path);
    }
    // A missing field is marked at the brace that should hold it, not over the whole file.
    const missing = path.length < toPath(field).length;
    this.issues.push({
      message,
      field,
      structural,
      offset: node?.offset ?? 0,
      length: missing ? 1 : (node?.length ?? 1),
    });
  }
}

/** The script lies inside the workspace folder, so that a definition works on another computer. */
function checkScript(path: string, field = 'script'): string | undefined {
  if (path === '') {
    return t('"{0}" must be the path of a Python script below the workspace folder', field);
  }
  if (/^([/\\]|[A-Za-z]:)/.test(path) || path.split(/[/\\]/).includes('..')) {
    return t('Use a path below the workspace folder, such as Models/iris/1/iris.py');
  }
  if (field === 'transformer' && path.endsWith('.ipynb')) {
    return undefined;
  }
  if (path.endsWith('.py')) {
    return undefined;
  }
  return field === 'transformer'
    ? t('The transformer must be a .py file or a notebook')
    : t('The Predict script must be a .py file');
}

export function toPath(field: string): JSONPath {
  return field === '' ? [] : field.split('.');
}

function valueOf(node: Node): unknown {
  if (node.type === 'object') {
    return Object.fromEntries(
      (node.children ?? []).flatMap(({ children }) => {
        const [key, value] = children ?? [];
        return key && value ? [[String(key.value), valueOf(value)]] : [];
      }),
    );
  }
  return node.type === 'array' ? (node.children ?? []).map(valueOf) : (node.value as unknown);
}
