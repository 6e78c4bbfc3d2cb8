import { createHash } from 'node:crypto';
import { LABEL as COMMON } from '../labels';

/** Labels of our images, beside those of everything that is ours. */
export const LABEL = {
  ...COMMON,
  /** When it was built, ISO 8601: an image that comes out of the build cache has the time of its first build. */
  built: 'model-serving.built',
  /** What it is for, in words for people. */
  about: 'model-serving.about',
  /** Hash of all that went into an environment but the base image's id. */
  content: 'model-serving.content',
  base: 'model-serving.base',
  baseId: 'model-serving.base-id',
  python: 'model-serving.python',
  /** Tag of the environment image that an image is built on. */
  environment: 'model-serving.environment',
  /** Tag of the model image that an artifact image is built on. */
  modelImage: 'model-serving.model-image',
  /** Hash of the model's files alone. */
  modelFiles: 'model-serving.model-files',
  fingerprint: 'model-serving.fingerprint',
} as const;

export type ImageRole = 'environment' | 'model' | 'artifact' | 'gateway-image';

/** Sixteen hex digits for all of the parts, in their order. */
export function hashOf(...parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
}

/** `model-serving/environment:0123456789abcdef` */
export function tagOf(role: ImageRole, hash: string): string {
  return `model-serving/${role === 'gateway-image' ? 'gateway' : role}:${hash}`;
}
