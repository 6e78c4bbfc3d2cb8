import { access, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { ServingDefinition } from '../../../core/definition';
import { isCancelled, type Remedy, ServingError } from '../../../core/errors';
import { t } from '../../../core/l10n';
import type { Framework } from '../../../core/model';
import { normalise, packageOf, rootOf } from '../../../environments/modules';
import type { Pythons } from '../../../environments/python';
import { modulesToPin, requirementsFrom } from '../../../environments/requirements';
import { withKafkaClient } from '../../local/kafkaClient';

/** What an environment image shall hold. */
export interface ImageRequirements {
  /** Text of a requirements file. */
  readonly text: string;
  /** What its relative paths start from. */
  readonly folder: string;
  /** The file that the text is from; undefined: it was found from the script's imports. */
  readonly file?: string;
  /** The interpreter whose versions they are pinned to. */
  readonly pinnedBy?: string;
  /** The line of the script that needs a package, where the text is from its imports. */
  whereIs?(name: string): Remedy | undefined;
}

export interface RequirementSources {
  /** The workspace folder. */
  readonly folder: string;
  readonly definition: Pick<ServingDefinition, 'name' | 'script' | 'environment' | 'transformer' | 'inferenceLog'>;
  /** The library of the model. */
  readonly framework: Framework | undefined;
  /** The interpreter that trained the model, or runs the script here: versions are pinned to what it has. */
  readonly python: string;
}

/**
 * The requirements file that the definition names, else requirements.txt beside the script, else what script and model
 * import, pinned to what the interpreter has. Rejects with `notFound` when the named file is not there.
 */
export async function imageRequirements(
  sources: RequirementSources,
  pythons: Pick<Pythons, 'inspect' | 'installed'>,
  signal: AbortSignal,
): Promise<ImageRequirements> {
  const found = await requirementsOf(sources, pythons, signal);
  return { ...found, text: withKafkaClient(sources.definition, found.text) };
}

async function requirementsOf(
  sources: RequirementSources,
  pythons: Pick<Pythons, 'inspect' | 'installed'>,
  signal: AbortSignal,
): Promise<ImageRequirements> {
  const { folder, definition } = sources;
  const named = definition.environment.requirements;
  if (named !== undefined) {
    const file = path.join(folder, named);
    const text = await readFile(file, 'utf8').catch((cause: unknown) => {
      throw new ServingError(
        'notFound',
        t('Could not read {0}: it is named in the definition of {1}', named, definition.name),
        { cause, remedies: [{ kind: 'openDefinition', field: 'environment.requirements' }] },
      );
    });
    return { text, folder: path.dirname(file), file };
  }
  const script = path.join(folder, definition.script);
  const beside = path.join(path.dirname(script), 'requirements.txt');
  const text = await readFile(beside, 'utf8').catch(() => undefined);
  return text === undefined
    ? fromImports(sources, script, pythons, signal)
    : { text, folder: path.dirname(beside), file: beside };
}

async function fromImports(
  { folder, definition, framework, python }: RequirementSources,
  script: string,
  pythons: Pick<Pythons, 'inspect' | 'installed'>,
  signal: AbortSignal,
): Promise<ImageRequirements> {
  const scripts = [
    script,
    ...(definition.transformer === undefined ? [] : [path.join(folder, definition.transformer)]),
  ];
  const places = new Map<string, Remedy>();
  const modules: string[] = [];
  for (const file of scripts) {
    for (const { module, line } of (await pythons.inspect(python, file, signal)).imports) {
      if (await isBeside(file, rootOf(module))) {
        continue;
      }
      modules.push(module);
      const name = normalise(packageOf(module) ?? module);
      places.set(name, places.get(name) ?? { kind: 'openFile', file, line });
    }
  }
  const installed = await pythons
    .installed(python, modulesToPin(modules, framework), signal)
    .catch((error: unknown) => {
      if (isCancelled(error)) {
        throw error;
      }
      return undefined;
    });
  const lines = requirementsFrom(modules, framework, installed ?? new Map<string, string | undefined>());
  return {
    text: lines.map((line) => `${line}\n`).join(''),
    folder,
    ...(installed && { pinnedBy: python }),
    whereIs: (name) => places.get(normalise(name)) ?? { kind: 'openFile', file: script },
  };
}

/** A module beside the script is the user's own. */
async function isBeside(script: string, module: string): Promise<boolean> {
  const base = path.join(path.dirname(script), module);
  const found = await Promise.all(
    [base, `${base}.py`].map((file) =>
      access(file).then(
        () => true,
        () => false,
      ),
    ),
  );
  return found.includes(true);
}
