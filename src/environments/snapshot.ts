import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { isNodeError, messageOf, type Remedy, ServingError } from '../core/errors';
import { t } from '../core/l10n';
import { normalise } from './modules';
import { withoutSecrets } from './pipSettings';
import { parseRequirements, type RequirementLine } from './requirements';

/** What is asked for at one moment: the files that a requirements file names are in it, paths are absolute. */
export interface Snapshot {
  /** As pip and uv read it, without `-r` and `-c`. */
  readonly requirements: string;
  readonly constraints: string;
  /** The lines that say where packages come from. */
  readonly sources: string;
  /** As they are written, in their order. */
  readonly packages: readonly string[];
  /** Changes when something else would be installed; holds no passwords. */
  readonly hash: string;
  /** The line that asks for a package: where to look when it fails. */
  whereIs(name: string): Remedy | undefined;
}

interface Place {
  readonly file: string | undefined;
  readonly line: number;
}

/**
 * Reads what requirements name: `text` is that of `file`, where there is one; its paths are relative to `folder`.
 * Rejects with code `package` when a file that they name cannot be read.
 */
export async function takeSnapshot(text: string, folder: string, file?: string): Promise<Snapshot> {
  const reader = new Reader();
  await reader.read(text, folder, file, 'requirements');
  const { requirements, constraints, sources, marks, places } = reader;
  return {
    requirements: requirements.join('\n'),
    constraints: constraints.join('\n'),
    sources: sources.join('\n'),
    packages: [...reader.packages],
    hash: createHash('sha256').update(marks.sort().join('\n')).digest('hex'),
    whereIs(name) {
      const place = places.get(normalise(name));
      const where = place?.file ?? file;
      if (where === undefined) {
        return undefined;
      }
      return { kind: 'openFile', file: where, ...(place && { line: place.line }) };
    },
  };
}

type Part = 'requirements' | 'constraints';

class Reader {
  readonly requirements: string[] = [];
  readonly constraints: string[] = [];
  readonly sources: string[] = [];
  readonly packages = new Set<string>();
  readonly marks: string[] = [];
  readonly places = new Map<string, Place>();
  private readonly included = new Set<string>();

  async read(text: string, folder: string, file: string | undefined, part: Part): Promise<void> {
    for (const line of parseRequirements(text)) {
      await this.take(line, folder, file, part);
    }
  }

  private async take(line: RequirementLine, folder: string, file: string | undefined, part: Part): Promise<void> {
    const place = { file, line: line.line };
    switch (line.kind) {
      case 'package': {
        const { name, extras, specifier, marker, hashes } = line;
        this.add(part, line.text, [normalise(name), [...extras].sort().join(), specifier, marker, ...hashes].join(' '));
        if (part === 'requirements') {
          this.packages.add(name);
        }
        if (!this.places.has(normalise(name))) {
          this.places.set(normalise(name), place);
        }
        return;
      }
      case 'place': {
        const absolute = toAddress(line.place, folder);
        this.add(part, line.text.replace(line.place, absolute), absolute + (await stateOf(absolute)));
        return;
      }
      case 'option':
        await this.takeOption(line.option, line.value, folder, place, part);
        return;
      case 'invalid':
        // Left to pip or uv, who know better and say why.
        this.add(part, line.text, line.text);
        return;
    }
  }

  private async takeOption(option: string, value: string, folder: string, place: Place, part: Part): Promise<void> {
    switch (option) {
      case '--requirement':
        await this.include(value, folder, place, part);
        return;
      case '--constraint':
        await this.include(value, folder, place, 'constraints');
        return;
      case '--editable': {
        const absolute = toAddress(value, folder);
        this.add(part, `--editable ${absolute}`, `--editable ${absolute}${await stateOf(absolute)}`);
        return;
      }
      case '--find-links': {
        const text = `--find-links ${toAddress(value, folder)}`;
        this.sources.push(text);
        this.add('requirements', text, text);
        return;
      }
      default: {
        const text = value === '' ? option : `${option} ${value}`;
        if (/^--(?:(?:extra-)?index-url|no-index|trusted-host)$/.test(option)) {
          this.sources.push(text);
        }
        this.add('requirements', text, text);
      }
    }
  }

  private async include(value: string, folder: string, place: Place, part: Part): Promise<void> {
    if (/^https?:\/\//i.test(value)) {
      // An address: what lies there is read when it is installed.
      this.add('requirements', `${part === 'requirements' ? '-r' : '-c'} ${value}`, `${part} ${value}`);
      return;
    }
    const file = path.resolve(folder, value);
    if (this.included.has(`${part} ${file}`)) {
      return;
    }
    this.included.add(`${part} ${file}`);
    const text = await readFile(file, 'utf8').catch((error: unknown) => {
      const reason = isNodeError(error) && error.code === 'ENOENT' ? t('there is no such file') : messageOf(error);
      const what =
        place.file === undefined
          ? t('The requirements could not be read: the requirements name {0}: {1}', value, reason)
          : t(
              'The requirements could not be read: line {0} of {1} names {2}: {3}',
              place.line,
              place.file,
              value,
              reason,
            );
      throw new ServingError('package', what, {
        cause: error,
        remedies: place.file === undefined ? [] : [{ kind: 'openFile', file: place.file, line: place.line }],
      });
    });
    await this.read(text, path.dirname(file), file, part);
  }

  private add(part: Part, text: string, mark: string): void {
    this[part].push(text);
    this.marks.push(`${part} ${withoutSecrets(mark)}`);
  }
}

/** Paths become addresses, which need no quotes and no folder to start from. */
function toAddress(place: string, folder: string): string {
  if (/^[a-z][a-z0-9+.-]+:/i.test(place)) {
    return place;
  }
  const [, file = place, extras = ''] = /^(.*?)(\[[^\]]*\])?$/.exec(place) ?? [];
  return pathToFileURL(path.resolve(folder, file)).href + extras;
}

/** When a local package was changed, as far as that is cheap to see. */
async function stateOf(address: string): Promise<string> {
  if (!address.startsWith('file:')) {
    return '';
  }
  const base = new URL(address.replace(/\[[^\]]*\]$/, ''));
  const parts = [base, ...['pyproject.toml', 'setup.py', 'setup.cfg'].map((name) => new URL(`${base.href}/${name}`))];
  const states = await Promise.all(
    parts.map((part) =>
      stat(part).then(
        ({ size, mtimeMs }) => `${size}/${mtimeMs}`,
        () => '',
      ),
    ),
  );
  return ` ${states.join(' ')}`;
}
