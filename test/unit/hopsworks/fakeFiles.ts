import type { Asked } from '../../fakes/hopsworks/front';

interface FileReply {
  readonly status: number;
  readonly body?: unknown;
  readonly raw?: string;
}

const failure = (status: number, errorCode: number, errorMsg: string): FileReply => ({
  status,
  body: { errorCode, errorMsg },
});

/** Datasets of the project `demo`: folders and files by their path below it. */
export class FakeFiles {
  readonly folders = new Set(['Models', 'Resources']);
  readonly files = new Map<string, string>();

  /** A file with the folders above it. */
  add(path: string, text = ''): void {
    const pieces = path.split('/');
    pieces.slice(0, -1).forEach((_piece, index) => this.folders.add(pieces.slice(0, index + 1).join('/')));
    this.files.set(path, text);
  }

  /** All paths, sorted; folders end with `/`. */
  get all(): readonly string[] {
    return [...[...this.folders].map((folder) => `${folder}/`), ...this.files.keys()].sort();
  }

  /** `path` is that of the request below `/dataset/`. */
  answer({ method, query, body }: Asked, path: string): FileReply {
    const [, route = '', encoded = ''] = /^(upload\/|download\/with_auth\/)?(.*)$/.exec(path) ?? [];
    const place = decodeURIComponent(encoded).replace(/^\/Projects\/demo\//, '');
    if (route === 'upload/') {
      return this.upload(place, body);
    }
    if (route !== '') {
      const text = this.files.get(place);
      return text === undefined ? failure(400, 110018, 'Path not found') : { status: 200, raw: text };
    }
    if (query.action === 'move') {
      const to = (query.destination_path ?? '').replace(/^\/Projects\/demo\//, '');
      const text = this.files.get(place);
      if (text === undefined || this.files.has(to)) {
        return failure(400, text === undefined ? 110018 : 110012, 'It cannot be moved');
      }
      this.files.delete(place);
      this.files.set(to, text);
      return { status: 204 };
    }
    if (method === 'POST') {
      if (this.folders.has(place)) {
        return failure(400, 110047, 'Folder exists');
      }
      this.folders.add(place);
      return { status: 201, body: { attributes: { path: place } } };
    }
    if (!this.folders.has(place) && !this.files.has(place)) {
      return failure(400, place.includes('/') ? 110018 : 110011, 'Path not found');
    }
    if (method === 'DELETE') {
      for (const each of [...this.folders, ...this.files.keys()]) {
        if (each === place || each.startsWith(`${place}/`)) {
          this.folders.delete(each);
          this.files.delete(each);
        }
      }
      return { status: 204 };
    }
    const below = [...this.folders, ...this.files.keys()].filter((each) => parentOf(each) === place).sort();
    const from = Number(query.offset ?? 0);
    const items = below
      .slice(from, from + Number(query.limit ?? 1000))
      .map((each) => ({ attributes: { name: each.split('/').at(-1), path: `/Projects/demo/${each}` } }));
    return { status: 200, body: query.action === 'listing' ? { items, count: below.length } : { attributes: {} } };
  }

  private upload(folder: string, form: string): FileReply {
    const name = /name="flowFilename"\r\n\r\n([^\r]*)\r\n/.exec(form)?.[1] ?? '';
    const text = /name="file"; filename="[^"]*"\r\n\r\n([\s\S]*)\r\n--[^\r]*--\r\n$/.exec(form)?.[1] ?? '';
    const path = `${folder}/${name}`;
    if (!this.folders.has(folder)) {
      return failure(422, 120001, 'Path for parent folder does not exist');
    }
    if (this.files.has(path)) {
      return failure(400, 110012, 'Destination already exists');
    }
    this.files.set(path, text);
    return { status: 200, body: { successMessage: 'Successfuly uploaded file' } };
  }
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}
