import { createHash } from 'node:crypto';
import { checkKey, toConnections, type Connection, type ConnectionKeys } from '../core/connection';
import type { Disposable } from '../core/disposables';
import { ServingError } from '../core/errors';
import { Emitter, type Event } from '../core/events';
import { t } from '../core/l10n';

/** The setting that holds the connections; one of the person's own, as a workspace must not name where a key goes. */
export interface ConnectionSetting {
  read(): unknown;
  save(value: Readonly<Record<string, unknown>>): Promise<void>;
  readonly onDidChange: Event<void>;
}

/** The editor's secret storage. */
export interface KeyStorage {
  get(name: string): Promise<string | undefined>;
  store(name: string, value: string): Promise<void>;
  delete(name: string): Promise<void>;
}

/**
 * The connections of this person and their API keys. A key belongs to the address and the project that it was given for:
 * one that is changed has to be signed in to again, so that no key goes to another server.
 */
export class Connections implements ConnectionKeys, Disposable {
  private readonly changed = new Emitter<void>();
  readonly onDidChange = this.changed.event;
  private readonly subscription: Disposable;

  constructor(
    private readonly setting: ConnectionSetting,
    private readonly storage: KeyStorage,
  ) {
    this.subscription = setting.onDidChange(() => {
      this.changed.fire();
    });
  }

  list(): readonly Connection[] {
    return toConnections(this.setting.read());
  }

  /** Adds it, or changes the one of that id. */
  async save(connection: Connection): Promise<void> {
    const before = this.list().find(({ id }) => id === connection.id);
    const twin = this.list().find((each) => each.id !== connection.id && nameOf(each) === nameOf(connection));
    if (twin) {
      throw new ServingError(
        'exists',
        t('Could not save the connection: there is one to {0} at {1}', connection.project, connection.address),
        { remedies: [{ kind: 'editConnection', connection: twin.id }] },
      );
    }
    const { id, address, project, options } = connection;
    const { caFile, checkHostName } = options;
    await this.setting.save({
      ...this.raw(),
      [id]: {
        address,
        project,
        ...(caFile === undefined ? {} : { caFile }),
        ...(checkHostName ? {} : { checkHostName }),
      },
    });
    if (before && nameOf(before) !== nameOf(connection)) {
      await this.storage.delete(nameOf(before));
    }
  }

  /** Its key goes with it. */
  async remove(id: string): Promise<void> {
    await this.signOut(id);
    const { [id]: _gone, ...others } = this.raw();
    await this.setting.save(others);
  }

  async get(id: string): Promise<string | undefined> {
    const connection = this.list().find((each) => each.id === id);
    return connection && this.storage.get(nameOf(connection));
  }

  async signIn(id: string, key: string): Promise<void> {
    const connection = this.list().find((each) => each.id === id);
    const wrong = connection ? checkKey(key) : t('the connection is gone');
    if (connection === undefined || wrong !== undefined) {
      throw new ServingError('invalid', t('Could not sign in: {0}', wrong ?? ''));
    }
    await this.storage.store(nameOf(connection), key.trim());
    this.changed.fire();
  }

  async signOut(id: string): Promise<void> {
    const connection = this.list().find((each) => each.id === id);
    if (connection) {
      await this.storage.delete(nameOf(connection));
      this.changed.fire();
    }
  }

  dispose(): void {
    this.subscription.dispose();
    this.changed.dispose();
  }

  private raw(): Readonly<Record<string, unknown>> {
    const value = this.setting.read();
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : {};
  }
}

/** Name of a connection's key in the secret storage. */
function nameOf({ address, project }: Connection): string {
  const hash = createHash('sha256').update(`${address}\n${project}`).digest('hex').slice(0, 32);
  return `modelServing.hopsworks.${hash}`;
}
