import type { BackendId, ServingRef } from '../../core/serving';

/** VS Code names them by the views. */
export const MODELS_MIME = 'application/vnd.code.tree.modelserving.models';
export const SERVINGS_MIME = 'application/vnd.code.tree.modelserving.servings';
/** Files of the Explorer, one address a line. */
export const FILES_MIME = 'text/uri-list';

/** A model version that is dragged, or a script of one. */
export interface DraggedModel {
  /** The workspace folder: absolute path. */
  readonly folder: string;
  readonly name: string;
  readonly version: number;
  /** Absolute path of the script. */
  readonly script?: string;
}

/** What was dragged, as text: the data of a drag belongs to whoever made it and has to be looked at. */
export function toText(dragged: readonly (DraggedModel | ServingRef)[]): string {
  return JSON.stringify(dragged);
}

export function modelsOf(text: string): readonly DraggedModel[] {
  return parsed(text).flatMap((each) => {
    const { folder, name, version, script } = each as Partial<Record<keyof DraggedModel, unknown>>;
    return typeof folder === 'string' && typeof name === 'string' && typeof version === 'number'
      ? [{ folder, name, version, ...(typeof script === 'string' ? { script } : {}) }]
      : [];
  });
}

export function servingsOf(text: string): readonly ServingRef[] {
  return parsed(text).flatMap((each) => {
    const { backend, name } = each as Partial<Record<keyof ServingRef, unknown>>;
    return typeof backend === 'string' && typeof name === 'string' ? [{ backend: backend as BackendId, name }] : [];
  });
}

/** Addresses in a list of them; lines that begin with # are remarks. */
export function addressesOf(text: string): readonly string[] {
  return text.split(/\r?\n/).filter((line) => line.trim() !== '' && !line.startsWith('#'));
}

function parsed(text: string): readonly object[] {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? (value as unknown[]).filter(isObject) : [];
  } catch {
    return [];
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
