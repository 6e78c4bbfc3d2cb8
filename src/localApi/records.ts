import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { isObject } from '../core/objects';
import { type Json } from './json';

/** What Hopsworks knows of a deployment and a definition has no word for. */
export interface DeploymentRecord {
  readonly id: number;
  readonly name: string;
  /** ISO 8601. */
  readonly created: string;
  /** When it was started; undefined once it was stopped. */
  readonly deployed?: string;
  /** Of the last start. */
  readonly revision?: string;
  /** Counts the changes. */
  readonly version: number;
  /** The fields that the client sent. */
  readonly wire: Json;
  /** Why the last start ended before anything ran. */
  readonly failure?: string;
  /** The failed run that was stopped, by its start. */
  readonly stopped?: string;
}

const FIRST_ID = 1;

/** Keeps the records of a workspace folder in a file, so that ids stay what they are. */
export class Records {
  private loaded: Promise<Map<string, DeploymentRecord>> | undefined;
  private next = FIRST_ID;
  private saving: Promise<void> = Promise.resolve();

  constructor(
    private readonly file: string,
    private readonly now: () => Date,
  ) {}

  async get(name: string): Promise<DeploymentRecord | undefined> {
    return (await this.all()).get(name);
  }

  /** The record of a serving; made where there is none. */
  async of(name: string, wire: Json = {}): Promise<DeploymentRecord> {
    const [record] = await this.ofAll([{ name, wire: () => wire }]);
    return record ?? Promise.reject(new Error(name));
  }

  /** The records of these, in their order; made for those that somebody else created. */
  async ofAll(
    servings: readonly { readonly name: string; readonly wire: () => Json }[],
  ): Promise<readonly DeploymentRecord[]> {
    const all = await this.all();
    const before = all.size;
    const records = servings.map(({ name, wire }) => {
      const known = all.get(name);
      if (known !== undefined) {
        return known;
      }
      const made = { id: this.next++, name, created: this.now().toISOString(), version: 1, wire: wire() };
      all.set(name, made);
      return made;
    });
    if (all.size > before) {
      await this.save();
    }
    return records;
  }

  async change(name: string, change: (record: DeploymentRecord) => DeploymentRecord): Promise<DeploymentRecord> {
    const changed = change(await this.of(name));
    (await this.all()).set(name, changed);
    await this.save();
    return changed;
  }

  async remove(name: string): Promise<void> {
    (await this.all()).delete(name);
    await this.save();
  }

  private all(): Promise<Map<string, DeploymentRecord>> {
    this.loaded ??= this.load();
    return this.loaded;
  }

  private async load(): Promise<Map<string, DeploymentRecord>> {
    const text = await readFile(this.file, 'utf8').catch(() => '{}');
    const json: unknown = parse(text);
    const records = isObject(json) && Array.isArray(json.deployments) ? json.deployments.filter(isRecord) : [];
    const last = isObject(json) && typeof json.next === 'number' ? json.next : FIRST_ID;
    this.next = Math.max(last, ...records.map(({ id }) => id + 1));
    return new Map(records.map((record) => [record.name, record]));
  }

  /** One after the other, each whole. */
  private save(): Promise<void> {
    this.saving = this.saving
      .catch(() => undefined)
      .then(async () => {
        const deployments = [...(await this.all()).values()];
        const temporary = `${this.file}.${process.pid}.tmp`;
        await mkdir(path.dirname(this.file), { recursive: true });
        await writeFile(temporary, `${JSON.stringify({ next: this.next, deployments }, undefined, 1)}\n`);
        await rename(temporary, this.file);
      });
    return this.saving;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is DeploymentRecord {
  return (
    isObject(value) &&
    Number.isSafeInteger(value.id) &&
    typeof value.name === 'string' &&
    typeof value.created === 'string' &&
    typeof value.version === 'number' &&
    isObject(value.wire)
  );
}
