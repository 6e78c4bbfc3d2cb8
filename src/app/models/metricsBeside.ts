import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** The numbers of a `metrics.json` that a training wrote beside a model file, or into a model's folder; empty without one. */
export async function readMetricsBeside(source: string): Promise<Readonly<Record<string, number>>> {
  try {
    const folder = (await stat(source)).isDirectory() ? source : dirname(source);
    const value: unknown = JSON.parse(await readFile(join(folder, 'metrics.json'), 'utf8'));
    const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
    return Object.fromEntries(entries.filter(([, number]) => typeof number === 'number' && Number.isFinite(number)));
  } catch {
    return {};
  }
}
