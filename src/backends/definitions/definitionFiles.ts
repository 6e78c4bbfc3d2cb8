import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServingDefinition } from '../../core/definition';
import { parseDefinition, writeDefinition, type ParsedDefinition } from '../../core/definitionText';
import { isNodeError, ServingError, toServingError } from '../../core/errors';
import { t } from '../../core/l10n';

const SUFFIX = '.serving.json';

/** One `servings/<name>.serving.json` as it is on disk. */
export interface DefinitionFile extends ParsedDefinition {
  readonly file: string;
  /** The file's name without its ending; the serving's name when both agree. */
  readonly stem: string;
  readonly text: string;
}

/** The definitions of one workspace folder: the files in `servings/`. */
export class DefinitionFiles {
  readonly directory: string;

  constructor(readonly folder: string) {
    this.directory = join(folder, 'servings');
  }

  fileOf(name: string): string {
    return join(this.directory, `${name}${SUFFIX}`);
  }

  /** Sorted by name; empty when there is no `servings` folder. */
  async list(): Promise<readonly DefinitionFile[]> {
    let names: string[];
    try {
      names = await readdir(this.directory);
    } catch (error) {
      if (isNodeError(error) && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) {
        return [];
      }
      throw toServingError(error, 'invalid', t('Could not read {0}', this.directory));
    }
    const files = names.filter((name) => name.endsWith(SUFFIX) && name.length > SUFFIX.length).sort();
    const read = await Promise.all(files.map((name) => this.readFile(join(this.directory, name))));
    return read.filter((file) => file !== undefined);
  }

  /** The file that defines a serving of this name. Rejects with `notFound`. */
  async get(name: string): Promise<DefinitionFile & { readonly definition: ServingDefinition }> {
    const file =
      (await this.readFile(this.fileOf(name))) ?? (await this.list()).find((each) => each.definition?.name === name);
    if (file === undefined) {
      throw new ServingError('notFound', t('There is no definition of {0}: {1} is missing', name, this.fileOf(name)));
    }
    const { definition } = file;
    if (definition === undefined) {
      throw new ServingError(
        'invalid',
        t('The definition of {0} is not right: {1}', name, file.issues[0]?.message ?? t('unreadable')),
        {
          remedies: [{ kind: 'openFile', file: file.file }],
        },
      );
    }
    return { ...file, definition };
  }

  /** Writes a definition whole; what is not ours in the file that `before` names stays in it. */
  async write(definition: ServingDefinition, before?: DefinitionFile): Promise<string> {
    const file = before?.file ?? this.fileOf(definition.name);
    const temporary = `${file}.${process.pid}.tmp`;
    try {
      await mkdir(this.directory, { recursive: true });
      await writeFile(temporary, writeDefinition(definition, before?.text));
      await rename(temporary, file);
      return file;
    } catch (error) {
      await rm(temporary, { force: true });
      throw toServingError(error, 'disk', t('Could not write {0}', file));
    }
  }

  async remove(file: string): Promise<void> {
    await rm(file, { force: true });
  }

  private async readFile(file: string): Promise<DefinitionFile | undefined> {
    try {
      const text = await readFile(file, 'utf8');
      const stem = file.slice(this.directory.length + 1, -SUFFIX.length);
      return { file, stem, text, ...parseDefinition(text) };
    } catch (error) {
      if (isNodeError(error) && (error.code === 'ENOENT' || error.code === 'EISDIR')) {
        return undefined;
      }
      throw toServingError(error, 'invalid', t('Could not read {0}', file));
    }
  }
}
