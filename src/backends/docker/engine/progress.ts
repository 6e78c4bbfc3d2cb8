import { StringDecoder } from 'node:string_decoder';
import type { BuildProgress, PullProgress } from './port';
import { fieldsOf } from './protobuf';

const KEPT_LINES = 30;

/** One JSON object of the stream with which the engine answers a pull or a build. */
export interface ProgressMessage {
  readonly id?: string;
  readonly status?: string;
  readonly stream?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
  readonly error?: string;
  readonly errorDetail?: { readonly message?: string };
  readonly aux?: unknown;
}

/** The objects of a stream of JSON lines, wherever its chunks end; a line that is none is left out. */
export class JsonLines<T> {
  private readonly decoder = new StringDecoder('utf8');
  private rest = '';

  add(chunk: Buffer | string): readonly T[] {
    this.rest += typeof chunk === 'string' ? chunk : this.decoder.write(chunk);
    const lines = this.rest.split('\n');
    this.rest = lines.pop() ?? '';
    return lines.flatMap(parse) as readonly T[];
  }

  end(): readonly T[] {
    const last = this.rest + this.decoder.end();
    this.rest = '';
    return parse(last) as readonly T[];
  }
}

function parse(line: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? [value] : [];
  } catch {
    return [];
  }
}

/** Why the engine gave up, when a message says so: it has answered 200 by then. */
export function failureIn(message: ProgressMessage): string | undefined {
  return message.errorDetail?.message ?? message.error;
}

/** How much of the layers has come: half of the way is the download, half is unpacking. */
export class PullShares {
  private readonly layers = new Map<string, { total: number; done: number }>();
  private highest = 0;

  add(message: ProgressMessage): PullProgress {
    const { id, status = '' } = message;
    if (id === undefined || !LAYER_STATUS.test(status)) {
      return { message: status, ...this.share() };
    }
    const layer = this.layers.get(id) ?? { total: 0, done: 0 };
    this.layers.set(id, layer);
    const { current = 0, total = 0 } = message.progressDetail ?? {};
    layer.total = Math.max(layer.total, total);
    const part = total > 0 ? Math.min(1, current / total) : 0;
    layer.done = Math.max(layer.done, doneAt(status, part));
    return { message: `${status} ${id}`, ...this.share() };
  }

  private share(): { readonly share?: number } {
    const layers = [...this.layers.values()];
    const known = layers.filter(({ total }) => total > 0);
    if (layers.length === 0) {
      return {};
    }
    // A layer of which no size is known yet counts as an ordinary one, so that the bar does not jump back.
    const usual = known.length > 0 ? known.reduce((sum, { total }) => sum + total, 0) / known.length : 1;
    const size = ({ total }: { total: number }): number => (total > 0 ? total : usual);
    const all = layers.reduce((sum, layer) => sum + size(layer), 0);
    const done = layers.reduce((sum, layer) => sum + size(layer) * layer.done, 0);
    this.highest = Math.max(this.highest, done / all);
    return { share: this.highest };
  }
}

const LAYER_STATUS =
  /^(Pulling fs layer|Waiting|Downloading|Verifying Checksum|Download complete|Extracting|Pull complete|Already exists)/;

function doneAt(status: string, part: number): number {
  if (status.startsWith('Downloading')) {
    return part / 2;
  }
  if (status.startsWith('Verifying') || status.startsWith('Download complete')) {
    return 0.5;
  }
  if (status.startsWith('Extracting')) {
    return 0.5 + part / 2;
  }
  return status.startsWith('Pull complete') || status.startsWith('Already exists') ? 1 : 0;
}

/** What a build says, of BuildKit and of the classic builder (an engine without BuildKit answers with that). */
export class BuildReader {
  private readonly told = new Set<string>();
  private readonly rests = new Map<string, string>();
  private readonly last: string[] = [];
  imageId: string | undefined;

  add(message: ProgressMessage): readonly BuildProgress[] {
    if (message.id === 'moby.buildkit.trace' && typeof message.aux === 'string') {
      return this.trace(Buffer.from(message.aux, 'base64'));
    }
    this.imageId = imageIn(message.aux) ?? this.imageId;
    return message.stream === undefined ? [] : this.classic(message.stream);
  }

  /** The last lines that steps printed, oldest first. */
  get lastLines(): readonly string[] {
    return this.last;
  }

  /** moby.buildkit.v1.StatusResponse: 1 vertexes (1 digest, 3 name, 5 started), 3 logs (1 vertex, 4 msg). */
  private trace(status: Buffer): readonly BuildProgress[] {
    const found: BuildProgress[] = [];
    for (const { number, value } of fieldsOf(status)) {
      if (!Buffer.isBuffer(value)) {
        continue;
      }
      const part = new Map([...fieldsOf(value)].map((field) => [field.number, field.value]));
      const text = (field: number): string => String(part.get(field) ?? '');
      if (number === 1 && part.has(5) && !this.told.has(text(1))) {
        this.told.add(text(1));
        // "[internal] load build context" and "copy /context /" say nothing to users.
        found.push(...(/^(\[(?!internal\])|exporting)/.test(text(3)) ? [{ step: text(3) }] : []));
      } else if (number === 3) {
        found.push(...this.lines(text(1), text(4)));
      }
    }
    return found;
  }

  private classic(text: string): readonly BuildProgress[] {
    // Of Podman: `STEP 2/4: RUN …`, and the ids of what it made, which say nothing to users.
    if (/^(?:Successfully (?:built|tagged) |--> |COMMIT |[0-9a-f]{64}\n$)/.test(text)) {
      return [];
    }
    const step = /^Step (\d+\/\d+) ?: (.*)/i.exec(text);
    return step ? [{ step: `[${step[1] ?? ''}] ${step[2] ?? ''}` }] : this.lines('', text);
  }

  /** Whole lines only; a carriage return ends one, too: progress bars. */
  private lines(vertex: string, text: string): readonly BuildProgress[] {
    const lines = ((this.rests.get(vertex) ?? '') + text).split(/\r\n|\n|\r/);
    this.rests.set(vertex, lines.pop() ?? '');
    const full = lines.filter((line) => line.trim() !== '');
    this.last.push(...full);
    this.last.splice(0, Math.max(0, this.last.length - KEPT_LINES));
    return full.map((line) => ({ line }));
  }
}

function imageIn(aux: unknown): string | undefined {
  return typeof aux === 'object' && aux !== null && 'ID' in aux && typeof aux.ID === 'string' ? aux.ID : undefined;
}
