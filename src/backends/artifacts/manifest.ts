import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { FoundFile } from '../../files/walk';

/** Lies beside the folder that a serving answers from. */
const MANIFEST = 'artifact.json';

/** `artifact.json`: what an artifact was packed from. */
export interface Manifest {
  readonly label: string;
  readonly fingerprint: string;
  /** Path of the Predict script in the artifact, with `/`; absent where several servings share it. */
  readonly script?: string;
  /** ISO 8601. */
  readonly created: string;
  readonly files: readonly PackedFile[];
}

export interface PackedFile {
  /** Path in the artifact, with `/`. */
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
  /** When the file that it was copied from had been changed: nanoseconds since 1970, as text. */
  readonly modified: string;
  /** When the copy was written, in the same form. */
  readonly packed: string;
}

/** A file to pack, with the hash of its content. */
export interface HashedFile extends FoundFile {
  readonly sha256: string;
}

export function manifestFile(directory: string): string {
  return path.join(path.dirname(directory), MANIFEST);
}

/** One text for the same files with the same content, wherever they lie and whenever they were written. */
export function fingerprintOf(files: readonly HashedFile[], script: string | undefined): string {
  const hash = createHash('sha256');
  for (const { name, sha256 } of files) {
    hash.update(`${name}\0${sha256}\n`);
  }
  if (script !== undefined) {
    hash.update(`script\0${script}\n`);
  }
  return hash.digest('hex').slice(0, 32);
}

/** The manifest of an artifact's folder; undefined when it is missing or broken. */
export async function readManifest(directory: string): Promise<Manifest | undefined> {
  try {
    const json: unknown = JSON.parse(await readFile(manifestFile(directory), 'utf8'));
    return isManifest(json) ? json : undefined;
  } catch {
    return undefined;
  }
}

function isManifest(value: unknown): value is Manifest {
  return (
    has(value, 'label', 'string') &&
    has(value, 'fingerprint', 'string') &&
    has(value, 'created', 'string') &&
    has(value, 'files', 'object') &&
    'files' in value &&
    Array.isArray(value.files) &&
    value.files.every(isPackedFile)
  );
}

function isPackedFile(value: unknown): boolean {
  const texts = ['name', 'sha256', 'modified', 'packed'];
  return has(value, 'bytes', 'number') && texts.every((name) => has(value, name, 'string'));
}

function has(value: unknown, name: string, type: 'string' | 'number' | 'object'): value is object {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, name) === type;
}
