import path from 'node:path';
import { isScratch } from './scratch';

const NAMES = new Set([
  '__pycache__',
  '.git',
  '.venv',
  'venv',
  'node_modules',
  '.ipynb_checkpoints',
  '.DS_Store',
  'Thumbs.db',
]);

/** Whether a file or folder belongs to tools, never to a model: path with `/`. */
export function isToolsOwn(name: string): boolean {
  const base = path.posix.basename(name);
  return NAMES.has(base) || base.endsWith('.pyc') || isScratch(base);
}
