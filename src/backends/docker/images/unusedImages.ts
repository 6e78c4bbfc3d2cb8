import { DefinitionFiles } from '../../definitions/definitionFiles';
import { servingNameOf } from '../../local/wanted';
import type { Engine, ImageSummary } from '../engine/port';
import { type ImageRole, LABEL } from './names';

/** Another window may be about to build on an image, or to run it. */
const YOUNG_MS = 60 * 60 * 1000;

/** An image of ours that nothing needs. */
export interface UnusedImage {
  readonly id: string;
  readonly tags: readonly string[];
  readonly role: ImageRole;
  /** What it was for: "iris: iris version 2, artifact iris_2_3". */
  readonly about: string;
  /** What goes with it: its size without that of the image that it was built on. */
  readonly bytes: number;
  readonly built: Date;
}

export interface UsedBy {
  /** Whether a serving is still defined; images of other folders are asked for, too. */
  isWanted(folder: string, serving: string): Promise<boolean>;
  /** Milliseconds since 1970. */
  readonly now?: number;
}

/**
 * Images of ours that no container, running or not, and no serving that is defined uses; what was built within the last
 * hour stays. Those that are built on others come first.
 */
export async function unusedImages(engine: Engine, usedBy: UsedBy): Promise<readonly UnusedImage[]> {
  const [images, inContainers] = await Promise.all([ourImages(engine), imagesOfContainers(engine)]);
  const now = usedBy.now ?? Date.now();
  const used = new Set<ImageSummary>(images.filter((image) => isIn(image, inContainers)));
  const newest = new Map<string, ImageSummary>();
  for (const image of byAge(images)) {
    const { labels } = image;
    const key = [labels[LABEL.role], labels[LABEL.folder], labels[LABEL.serving]].join('\n');
    if (newest.has(key)) {
      continue;
    }
    if (labels[LABEL.role] === 'artifact') {
      newest.set(key, image);
      if (await usedBy.isWanted(labels[LABEL.folderPath] ?? '', labels[LABEL.serving] ?? '')) {
        used.add(image);
      }
    } else if (labels[LABEL.role] === 'gateway-image') {
      newest.set(key, image);
      used.add(image);
    }
  }
  images.filter((image) => now - builtAt(image) < YOUNG_MS).forEach((image) => used.add(image));
  if (![...used].some(({ labels }) => labels[LABEL.role] === 'artifact') && inContainers.size === 0) {
    // Without any serving, its gateway serves nothing.
    newest.forEach((image) => {
      if (image.labels[LABEL.role] === 'gateway-image' && now - builtAt(image) >= YOUNG_MS) {
        used.delete(image);
      }
    });
  }
  const below = new Set([...used].flatMap((image) => foundations(image)));
  const unused = images.filter((image) => !used.has(image) && !image.tags.some((tag) => below.has(tag)));
  const order: readonly (string | undefined)[] = ['artifact', 'model', 'environment', 'gateway-image'];
  const sizes = await sizesOf(engine, images);
  return unused
    .sort((a, b) => order.indexOf(a.labels[LABEL.role]) - order.indexOf(b.labels[LABEL.role]))
    .map((image) => toUnused(image, sizes));
}

/**
 * Removes images of ours, by their ids; those that are built on others first. Those that a container uses by now, or that
 * one which stays is built on, stay. Returns the ids of those removed.
 */
export async function removeImages(engine: Engine, ids: readonly string[]): Promise<readonly string[]> {
  if (ids.length === 0) {
    return [];
  }
  const [images, inContainers] = await Promise.all([ourImages(engine), imagesOfContainers(engine)]);
  const staying = images.filter(({ id }) => !ids.includes(id));
  const removed: string[] = [];
  for (const image of ids.flatMap((id) => images.find((each) => each.id === id) ?? [])) {
    const isBelow = staying.some((each) => foundations(each).some((tag) => image.tags.includes(tag)));
    if (isBelow || isIn(image, inContainers)) {
      staying.push(image);
    } else {
      await engine.removeImage(image.id);
      removed.push(image.id);
    }
  }
  return removed;
}

/**
 * Takes away the older artifact images of a serving, and model images that no artifact is built on. Those in containers
 * stay, and so do the newest of the serving: its last ones are quick to go back to.
 */
export async function pruneArtifacts(
  engine: Engine,
  serving: { readonly folderHash: string; readonly name: string },
  keep = 2,
): Promise<readonly string[]> {
  const images = await ourImages(engine);
  const own = byAge(images).filter(
    ({ labels }) =>
      labels[LABEL.role] === 'artifact' &&
      labels[LABEL.folder] === serving.folderHash &&
      labels[LABEL.serving] === serving.name,
  );
  const removed = new Set(await removeImages(engine, idsOf(own.slice(keep))));
  const needed = new Set(images.filter(({ id }) => !removed.has(id)).flatMap((image) => foundations(image)));
  const models = images.filter(
    (image) =>
      image.labels[LABEL.role] === 'model' &&
      !image.tags.some((tag) => needed.has(tag)) &&
      Date.now() - builtAt(image) > YOUNG_MS,
  );
  return [...removed, ...(await removeImages(engine, idsOf(models)))];
}

/** Removes all artifact images of a serving that is removed, as far as no container uses them. */
export function removeArtifacts(
  engine: Engine,
  serving: { readonly folderHash: string; readonly name: string },
): Promise<readonly string[]> {
  return pruneArtifacts(engine, serving, 0);
}

/** Whether a folder of this computer has the definition of a serving; where that cannot be read it counts as one. */
export async function isDefined(folder: string, serving: string): Promise<boolean> {
  try {
    return (await new DefinitionFiles(folder).list()).some((file) => servingNameOf(file) === serving);
  } catch {
    return true;
  }
}

function idsOf(images: readonly ImageSummary[]): readonly string[] {
  return images.map(({ id }) => id);
}

async function ourImages(engine: Engine): Promise<readonly ImageSummary[]> {
  const roles: readonly (string | undefined)[] = ['environment', 'model', 'artifact', 'gateway-image'];
  return (await engine.listImages({ [LABEL.ours]: '1' })).filter(({ labels }) => roles.includes(labels[LABEL.role]));
}

/** Containers of others, too: somebody may have run one of our images. */
async function imagesOfContainers(engine: Engine): Promise<ReadonlySet<string>> {
  return new Set((await engine.listContainers({})).map(({ image }) => image));
}

function isIn({ id, tags }: Pick<ImageSummary, 'id' | 'tags'>, images: ReadonlySet<string>): boolean {
  return [id, id.replace('sha256:', ''), id.replace('sha256:', '').slice(0, 12), ...tags].some((name) =>
    images.has(name),
  );
}

/** Tags of what an image is built on. */
function foundations({ labels }: ImageSummary): readonly string[] {
  return [labels[LABEL.environment], labels[LABEL.modelImage]].filter((tag) => tag !== undefined);
}

function byAge(images: readonly ImageSummary[]): readonly ImageSummary[] {
  return [...images].sort((a, b) => builtAt(b) - builtAt(a));
}

/** Milliseconds since 1970. */
function builtAt({ labels, created }: ImageSummary): number {
  const built = Date.parse(labels[LABEL.built] ?? '');
  return Number.isNaN(built) ? created * 1000 : built;
}

/** Sizes by tag, of our images and their bases. */
async function sizesOf(engine: Engine, images: readonly ImageSummary[]): Promise<ReadonlyMap<string, number>> {
  const sizes = new Map(images.flatMap(({ tags, sizeBytes }) => tags.map((tag) => [tag, sizeBytes] as const)));
  for (const base of new Set(images.flatMap(({ labels }) => labels[LABEL.base] ?? []))) {
    const detail = await engine.inspectImage(base);
    if (detail) {
      sizes.set(base, detail.sizeBytes);
    }
  }
  return sizes;
}

function toUnused(image: ImageSummary, sizes: ReadonlyMap<string, number>): UnusedImage {
  const { id, tags, labels, sizeBytes } = image;
  const below = labels[LABEL.modelImage] ?? labels[LABEL.environment] ?? labels[LABEL.base] ?? '';
  return {
    id,
    tags,
    role: labels[LABEL.role] as ImageRole,
    about: labels[LABEL.about] ?? tags[0] ?? id,
    bytes: Math.max(0, sizeBytes - (sizes.get(below) ?? 0)),
    built: new Date(builtAt(image)),
  };
}
