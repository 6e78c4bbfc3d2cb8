import type { ServingDefinition } from '../../core/definition';

export function replicasText({ replicas: { min, max } }: ServingDefinition): string {
  return min === max ? String(min) : `${min}-${max}`;
}

export function parseReplicas(text: string): ServingDefinition['replicas'] | undefined {
  const match = /^(\d+)(?:\s*-\s*(\d+))?$/.exec(text.trim());
  const min = Number(match?.[1]);
  const max = Number(match?.[2] ?? match?.[1]);
  return match && min >= 1 && max >= min && max <= 64 ? { min, max } : undefined;
}

/** `1, 1024` or, with GPUs, `1, 1024, 2`. */
export function resourcesText({ resources: { cores, memoryMb, gpus } }: ServingDefinition): string {
  return [cores, memoryMb, ...(gpus > 0 ? [gpus] : [])].join(', ');
}

export function parseResources(text: string): ServingDefinition['resources'] | undefined {
  const match = /^\s*(\d+(?:\.\d+)?)\s*,\s*(\d+)\s*(?:,\s*(\d+)\s*)?$/.exec(text);
  const cores = Number(match?.[1]);
  const memoryMb = Number(match?.[2]);
  const gpus = Number(match?.[3] ?? 0);
  return match && cores > 0 && memoryMb >= 64 ? { cores, memoryMb, gpus } : undefined;
}

export function parsePort(text: string): number | 'auto' | undefined {
  if (text.trim().toLowerCase() === 'auto') {
    return 'auto';
  }
  const port = /^\d+$/.test(text.trim()) ? Number(text) : 0;
  return port >= 1024 && port <= 65535 ? port : undefined;
}

export function variablesText(variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables)
    .map(([name, value]) => `${name}=${/[\s"]/.test(value) ? JSON.stringify(value) : value}`)
    .join(' ');
}

/** `A=1 B="two words"`; undefined when a part of the text is no assignment. */
export function parseVariables(text: string): Record<string, string> | undefined {
  const found: Record<string, string> = {};
  const rest = text.replace(
    /([A-Za-z_]\w*)=("(?:[^"\\]|\\.)*"|[^\s"]*)(?=\s|$)/g,
    (all, name: string, value: string) => {
      const unquoted = value.startsWith('"') ? unquote(value) : value;
      if (unquoted === undefined) {
        return all;
      }
      found[name] = unquoted;
      return '';
    },
  );
  return rest.trim() === '' ? found : undefined;
}

function unquote(text: string): string | undefined {
  try {
    return String(JSON.parse(text));
  } catch {
    return undefined;
  }
}
