import { basename } from 'node:path';
import type { RemoteDefinition, ServingDefinition } from '../../core/definition';

type Resources = ServingDefinition['resources'];

export const TOOLS: Readonly<Record<RemoteDefinition['tool'], string>> = {
  KSERVE: 'KServe',
  DEFAULT: 'Default',
};
export const SERVERS: Readonly<Record<RemoteDefinition['server'], string>> = {
  PYTHON: 'Python',
  TENSORFLOW_SERVING: 'TensorFlow Serving',
  VLLM: 'vLLM',
};

/** "predict.py, uploaded from here". */
export function scriptText({ script, remote }: ServingDefinition): string {
  if (script === '') {
    return 'none';
  }
  return remote?.upload?.script === undefined ? script : `${basename(script)}, uploaded`;
}

export function modelText({ model, remote }: ServingDefinition): string {
  const text = `${model.name} v${model.version}`;
  return remote?.upload?.model === undefined ? text : `${text}, exported to the registry first`;
}

export function transformerText({ transformer, remote }: ServingDefinition): string {
  if (transformer === undefined) {
    return 'none';
  }
  const count = remote?.transformer?.replicas ?? 1;
  return `${basename(transformer)}${remote?.upload?.transformer === undefined ? '' : ', uploaded'}, ${count} ${count === 1 ? 'replica' : 'replicas'}`;
}

export function topicText({ topic }: RemoteDefinition): string {
  if (topic.name === 'NONE') {
    return 'NONE: requests are not logged';
  }
  return topic.name === 'CREATE' ? 'CREATE: one of its own' : topic.name;
}

export function batchingText({ enabled, maxRows, maxLatencyMs, timeoutSeconds }: RemoteDefinition['batching']): string {
  if (!enabled) {
    return 'off';
  }
  const numbers = [
    ...(maxRows === undefined ? [] : [`up to ${maxRows} rows`]),
    ...(maxLatencyMs === undefined ? [] : [`${maxLatencyMs} ms`]),
    ...(timeoutSeconds === undefined ? [] : [`${timeoutSeconds} s at the most`]),
  ];
  return ['on', ...numbers].join(', ');
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
export function limitsText({ cores, memoryMb, gpus }: Resources): string {
  const limits = [
    ...(cores < 0 ? [] : [`${cores} ${cores === 1 ? 'core' : 'cores'}`]),
    ...(memoryMb < 0 ? [] : [`${memoryMb} MB`]),
    ...(gpus <= 0 ? [] : [`${gpus} ${gpus === 1 ? 'GPU' : 'GPUs'}`]),
  ];
  return limits.length === 0 ? 'no limits' : limits.join(', ');
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
