import path from 'node:path';
import { t } from '../../../core/l10n';
import { withLock } from '../../../environments/lock';
import type { Engine, ImageDetail } from '../engine/port';
import { hashOf } from './names';

export interface BuildOnce {
  readonly engine: Engine;
  readonly tag: string;
  /** Folder of the locks that the windows of this computer share. */
  readonly locks: string;
  /** What fails, for the message when it is cancelled. */
  readonly what: string;
  readonly signal: AbortSignal;
  /** Called once when another window builds the same. */
  readonly onWait?: () => void;
}

/** The image of a tag, built when it is not there; no two windows of this computer build it at once. */
export async function builtOnce(
  once: BuildOnce,
  build: () => Promise<unknown>,
): Promise<{ readonly image: ImageDetail; readonly cached: boolean }> {
  const { engine, tag, what, signal, onWait } = once;
  const before = await engine.inspectImage(tag);
  if (before) {
    return { image: before, cached: true };
  }
  return withLock(lockOf(once), { what, signal, ...(onWait && { onWait }) }, async () => {
    const meanwhile = await engine.inspectImage(tag);
    if (meanwhile) {
      return { image: meanwhile, cached: true };
    }
    await build();
    const made = await engine.inspectImage(tag);
    if (!made) {
      throw new ImageGone(tag);
    }
    return { image: made, cached: false };
  });
}

/** The lock of whoever builds it. */
export function lockOf({ engine, tag, locks }: Pick<BuildOnce, 'engine' | 'tag' | 'locks'>): string {
  return path.join(locks, `image-${hashOf(engine.address.url, tag)}.lock`);
}

/** An image that was there a moment ago is not any more: to be built again, once. */
export class ImageGone extends Error {
  constructor(readonly tag: string) {
    super(t('{0} was removed while it was needed', tag));
    this.name = 'ImageGone';
  }
}
