import { readFile, stat } from 'node:fs/promises';
import type { Framework, ModelMetadata } from '../../core/model';
import { isObject } from '../../core/objects';

export const MODEL_JSON = 'model.json';
/** Metadata are never this large, in bytes. */
const LARGEST = 1_000_000;
const FRAMEWORKS: readonly string[] = [
  'SKLEARN',
  'XGBOOST',
  'LIGHTGBM',
  'TORCH',
  'ONNX',
  'TENSORFLOW',
  'PYTHON',
] satisfies Framework[];

/** What a `model.json` says; what is wrong in it, or all of it when it is no JSON object, counts as not there. */
export function toMetadata(text: string | undefined): ModelMetadata {
  const json = toObject(text);
  return {
    ...(isFramework(json.framework) && { framework: json.framework }),
    ...(typeof json.description === 'string' && { description: json.description }),
    ...(isObject(json.metrics) && { metrics: pick(json.metrics, (each) => typeof each === 'number') }),
    ...(typeof json.created === 'string' && { created: json.created }),
    ...(typeof json.python === 'string' && { python: json.python }),
    ...(isObject(json.packages) && { packages: pick(json.packages, (each) => typeof each === 'string') }),
  };
}

/** The fields of a `model.json` that this program does not know; empty when there is no such file. */
export async function readUnknownFields(file: string): Promise<Readonly<Record<string, unknown>>> {
  const json = toObject(await readFile(file, 'utf8').catch(() => undefined));
  const known = ['framework', 'description', 'metrics', 'created', 'python', 'packages'];
  return Object.fromEntries(Object.entries(json).filter(([name]) => !known.includes(name)));
}

/** Whether a file named `model.json` is something else, such as a model of XGBoost: not one field is of the metadata. */
export async function isForeign(file: string): Promise<boolean> {
  const { size } = await stat(file);
  if (size > LARGEST) {
    return true;
  }
  const text = await readFile(file, 'utf8');
  return Object.keys(toMetadata(text)).length === 0 && !/^\s*(\{\s*\}\s*)?$/.test(text);
}

/** The text of a `model.json`: known fields first. */
export function toModelJson(metadata: ModelMetadata, unknownFields: Readonly<Record<string, unknown>>): string {
  const { framework, description, metrics, created, python, packages } = metadata;
  return `${JSON.stringify({ framework, description, metrics, created, python, packages, ...unknownFields }, undefined, 2)}\n`;
}

function toObject(text: string | undefined): Readonly<Record<string, unknown>> {
  try {
    const json: unknown = JSON.parse((text ?? '{}').replace(/^\uFEFF/, ''));
    return isObject(json) ? json : {};
  } catch {
    return {};
  }
}

function isFramework(value: unknown): value is Framework {
  return typeof value === 'string' && FRAMEWORKS.includes(value);
}

function pick<T>(values: Readonly<Record<string, unknown>>, fits: (value: unknown) => value is T): Record<string, T> {
  const pairs = Object.entries(values).filter((pair): pair is [string, T] => fits(pair[1]));
  return Object.fromEntries(pairs);
}
