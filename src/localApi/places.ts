import { lstat, realpath } from 'node:fs/promises';
import path from 'node:path';
import { isToolsOwn } from '../files/toolsOwn';
import { problem } from './problem';

const DATASET = /^(?!__)(?!(?:Projects|download|upload|tags)$)[-\w.]{1,88}$/i;
/** A folder of the workspace that is ours, not a dataset. */
const NOT_DATASETS = ['servings'];

/** A place in a dataset. */
export interface Place {
  /** `/Projects/demo/Models/iris`, as the client named it. */
  readonly path: string;
  /** Absolute path of it in the workspace. */
  readonly file: string;
  /** Pieces below the project: the dataset first. */
  readonly pieces: readonly string[];
}

/** Leads from Hopsworks' paths to the workspace folder: its folders are the datasets. */
export class Places {
  constructor(
    private readonly folder: string,
    private readonly project: string,
  ) {}

  /** Refuses with Hopsworks' problems what is no place in a dataset, links that lead out of the workspace included. */
  async find(text: string): Promise<Place> {
    const pieces = this.piecesOf(text);
    const [dataset] = pieces;
    if (dataset === undefined || !isDataset(dataset)) {
      throw problem(110011);
    }
    if (pieces.some((piece) => piece === '..' || piece === '.' || /[\\\0]/.test(piece) || isOfDrive(piece))) {
      throw problem(110018);
    }
    const file = path.join(this.folder, ...localPieces(pieces));
    await this.checkInside(file);
    return { path: `/Projects/${this.project}/${pieces.join('/')}`, file, pieces };
  }

  /** The path below the workspace folder, with `/`, of a path that a client named. */
  async relative(text: string): Promise<string> {
    const { file } = await this.find(text);
    return path.relative(this.folder, file).split(path.sep).join('/');
  }

  toPath(relative: string): string {
    return `/Projects/${this.project}/${relative}`;
  }

  private piecesOf(text: string): readonly string[] {
    const pieces = text
      .replace(/^(hdfs|hopsfs):\/\/[^/]*/, '')
      .split('/')
      .filter((piece) => piece !== '');
    if (pieces[0] === 'Projects') {
      if (pieces[1] !== this.project) {
        throw problem(110011);
      }
      return pieces.slice(2);
    }
    const [dataset = '', ...others] = pieces;
    return dataset.startsWith(`${this.project}::`) ? [dataset.slice(this.project.length + 2), ...others] : pieces;
  }

  private async checkInside(file: string): Promise<void> {
    const root = await realpath(this.folder);
    let at = file;
    while (!(await lstat(at).catch(() => undefined)) && at !== path.dirname(at)) {
      at = path.dirname(at);
    }
    const real = await realpath(at).catch(() => undefined);
    if (real !== undefined && (real === root || real.startsWith(root + path.sep))) {
      return;
    }
    throw problem(200002, `${file} leads out of the workspace folder`);
  }
}

export function isDataset(name: string): boolean {
  return DATASET.test(name) && !name.startsWith('.') && !isToolsOwn(name) && !NOT_DATASETS.includes(name);
}

/** Newer clients put a model's files below `Files`; here they lie in the version's folder, where everything looks for them. */
function localPieces(pieces: readonly string[]): readonly string[] {
  return isFilesFolder(pieces.slice(0, 4)) ? [...pieces.slice(0, 3), ...pieces.slice(4)] : pieces;
}

export function isFilesFolder(pieces: readonly string[]): boolean {
  const [dataset, , version = '', files] = pieces;
  return pieces.length === 4 && dataset === 'Models' && /^\d+$/.test(version) && files === 'Files';
}

function isOfDrive(piece: string): boolean {
  return process.platform === 'win32' && piece.includes(':');
}
