import { basename } from 'node:path';
import { cores, gpus, replicas } from '../../core/counts';
import type { RemoteDefinition, ServingDefinition } from '../../core/definition';
import { t } from '../../core/l10n';

type Resources = ServingDefinition['resources'];

export const TOOLS: Readonly<Record<RemoteDefinition['tool'], string>> = {
  KSERVE: 'KServe',
  get DEFAULT() {
    return t('Default');
  },
};
export const SERVERS: Readonly<Record<RemoteDefinition['server'], string>> = {
  PYTHON: 'Python',
  TENSORFLOW_SERVING: 'TensorFlow Serving',
  VLLM: 'vLLM',
};

/** "predict.py, uploaded from here". */
export function scriptText({ script, remote }: ServingDefinition): string {
  if (script === '') {
    return t('none');
  }
  return remote?.upload?.script === undefined ? script : t('{0}, uploaded', basename(script));
}

export function modelText({ model, remote }: ServingDefinition): string {
  const text = `${model.name} v${model.version}`;
  return remote?.upload?.model === undefined ? text : t('{0}, exported to the registry first', text);
}

export function transformerText({ transformer, remote }: ServingDefinition): string {
  if (transformer === undefined) {
    return t('none');
  }
  const file = basename(transformer);
  const count = replicas(remote?.transformer?.replicas ?? 1);
  return remote?.upload?.transformer === undefined ? `${file}, ${count}` : t('{0}, uploaded, {1}', file, count);
}

export function topicText({ topic }: RemoteDefinition): string {
  if (topic.name === 'NONE') {
    return t('NONE: requests are not logged');
  }
  return topic.name === 'CREATE' ? t('CREATE: one of its own') : topic.name;
}

export function batchingText({ enabled, maxRows, maxLatencyMs, timeoutSeconds }: RemoteDefinition['batching']): string {
  if (!enabled) {
    return t('off');
  }
  const numbers = [
    ...(maxRows === undefined ? [] : [t('up to {0} rows', maxRows)]),
    ...(maxLatencyMs === undefined ? [] : [t('{0} ms', maxLatencyMs)]),
    ...(timeoutSeconds === undefined ? [] : [t('{0} s at the most', timeoutSeconds)]),
  ];
  return [t('on'), ...numbers].join(', ');
}

/** `off`, `on` or `32, 5000, 60`: rows, milliseconds, seconds. */
export function batchingInput({
  enabled,
  maxRows,
  maxLatencyMs,
  timeoutSeconds,
}: RemoteDefinition['batching']): string {
  if (!enabled) {
    return 'off';
  }
  return [maxRows, maxLatencyMs, timeoutSeconds].every((each) => each === undefined)
    ? 'on'
    : [maxRows ?? 32, maxLatencyMs ?? 5000, timeoutSeconds ?? 60].join(', ');
}

export function parseBatching(text: string): RemoteDefinition['batching'] | undefined {
  const typed = text.trim().toLowerCase();
  if (typed === 'off' || typed === 'on') {
    return { enabled: typed === 'on' };
  }
  const match = /^(\d+)\s*,\s*(\d+)\s*,\s*(\d+)$/.exec(typed);
  const [maxRows, maxLatencyMs, timeoutSeconds] = (match?.slice(1) ?? []).map(Number);
  return maxRows !== undefined && maxLatencyMs !== undefined && timeoutSeconds !== undefined && maxRows >= 1
    ? { enabled: true, maxRows, maxLatencyMs, timeoutSeconds }
    : undefined;
}

/** "1 core, 1024 MB"; what is negative has no limit. */
export function limitsText(most: Resources): string {
  const limits = [
    ...(most.cores < 0 ? [] : [cores(most.cores)]),
    ...(most.memoryMb < 0 ? [] : [`${most.memoryMb} MB`]),
    ...(most.gpus <= 0 ? [] : [gpus(most.gpus)]),
  ];
  return limits.length === 0 ? t('no limits') : limits.join(', ');
}

/** `1, 1024`, with GPUs `1, 1024, 2`; `none` for no limit of one. */
export function limitsInput({ cores, memoryMb, gpus }: Resources): string {
  const word = (value: number): string => (value < 0 ? 'none' : String(value));
  return [word(cores), word(memoryMb), ...(gpus === 0 ? [] : [word(gpus)])].join(', ');
}

export function parseLimits(text: string): Resources | undefined {
  const parts = text.split(',').map((part) => part.trim().toLowerCase());
  const [cores, memoryMb, gpus] = [...parts, '0'].map((part) =>
    part === 'none' ? -1 : /^\d+(\.\d+)?$/.test(part) ? Number(part) : NaN,
  );
  const isRight =
    (parts.length === 2 || parts.length === 3) &&
    isAmount(cores) &&
    isAmount(memoryMb) &&
    isAmount(gpus) &&
    Number.isInteger(memoryMb) &&
    Number.isInteger(gpus) &&
    cores !== 0 &&
    memoryMb !== 0;
  return isRight ? { cores, memoryMb, gpus } : undefined;
}

function isAmount(value: number | undefined): value is number {
  return value !== undefined && !Number.isNaN(value);
}

/** `2` or, where the server scales, `0-4`. */
export function parseRange(text: string, scales: boolean): ServingDefinition['replicas'] | undefined {
  const match = /^(\d{1,5})(?:\s*-\s*(\d{1,5}))?$/.exec(text.trim());
  if (!match || (match[2] !== undefined && !scales)) {
    return undefined;
  }
  const [min, max] = [Number(match[1]), Number(match[2] ?? match[1])];
  return max >= min ? { min, max } : undefined;
}
