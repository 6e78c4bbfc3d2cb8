import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LocalApis, type ApiPlace, type OpenedApi } from '../../../src/app/localApis';
import { ServingError } from '../../../src/core/errors';
import { Emitter } from '../../../src/core/events';
import type { WorkspaceFolder } from '../../../src/core/ports';

const DEMO = { name: 'demo', path: '/w/demo' };
const OTHER = { name: 'other', path: '/w/other' };

class Window {
  readonly foldersChanged = new Emitter<void>();
  readonly granted = new Emitter<void>();
  open: readonly WorkspaceFolder[] = [DEMO, OTHER];
  isTrusted = true;
  readonly wanted = new Set<string>();
  /** Folders whose API somebody else has. */
  readonly taken = new Set<string>();
  /** What somebody else told of theirs. */
  readonly told = new Map<string, ApiPlace>();
  readonly running: string[] = [];
  readonly warnings: string[] = [];
  readonly apis: LocalApis;

  constructor(prepare: (window: Window) => void = () => undefined) {
    prepare(this);
    const trusted = (): boolean => this.isTrusted;
    this.apis = new LocalApis({
      folders: { list: () => this.open, onDidChange: this.foldersChanged.event },
      trust: {
        get isTrusted() {
          return trusted();
        },
        onDidGrant: this.granted.event,
      },
      open: (folder) => this.opened(folder),
      elsewhere: ({ path }) => Promise.resolve(this.told.get(path)),
      wanted: {
        get: ({ path }) => Promise.resolve(this.wanted.has(path)),
        set: ({ path }, isWanted) => {
          this.wanted[isWanted ? 'add' : 'delete'](path);
          return Promise.resolve();
        },
      },
      log: {
        debug: () => undefined,
        info: () => undefined,
        warn: (message) => this.warnings.push(message),
        error: (message) => this.warnings.push(String(message)),
      },
    });
  }

  private async opened({ path }: WorkspaceFolder): Promise<OpenedApi> {
    await Promise.resolve();
    if (this.taken.has(path)) {
      throw new ServingError('conflict', 'It runs already at https://127.0.0.1:1, by a window of the editor');
    }
    this.running.push(path);
    return {
      place: { folder: path, project: path.slice(3) } as ApiPlace,
      close: () => {
        this.running.splice(this.running.indexOf(path), 1);
        return Promise.resolve();
      },
    };
  }
}

let window: Window;
const projects = (): readonly string[] => window.apis.list().map(({ project }) => project);
const settled = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);
beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  window.apis.dispose();
  vi.useRealTimers();
});

describe('starting and stopping', () => {
  it('runs one for each folder, once, and tells of changes', async () => {
    window = new Window();
    const changes: number[] = [];
    window.apis.onDidChange(() => changes.push(window.apis.list().length));
    const [first, again] = await Promise.all([window.apis.start(DEMO), window.apis.start(DEMO)]);
    expect(first).toBe(again);
    await window.apis.start(OTHER);
    expect(window.running).toEqual(['/w/demo', '/w/other']);
    expect(window.wanted.size).toBe(2);
    expect(await window.apis.stop(DEMO)).toBe(true);
    expect(await window.apis.stop(DEMO)).toBe(false);
    expect([projects(), window.running, [...window.wanted]]).toEqual([['other'], ['/w/other'], ['/w/other']]);
    expect(changes.at(-1)).toBe(1);
  });

  it('is refused in a workspace that is not trusted', async () => {
    window = new Window((each) => (each.isTrusted = false));
    await expect(window.apis.start(DEMO)).rejects.toMatchObject({ code: 'untrusted', remedies: [{ kind: 'trust' }] });
    expect([window.running, window.wanted.size]).toEqual([[], 0]);
  });

  it('says where it runs already, and can be started once that has ended', async () => {
    window = new Window((each) => each.taken.add('/w/demo'));
    await expect(window.apis.start(DEMO)).rejects.toMatchObject({ code: 'conflict' });
    expect([projects(), window.wanted.size]).toEqual([[], 0]);
    window.taken.clear();
    await window.apis.start(DEMO);
    expect(projects()).toEqual(['demo']);
  });

  it('finds that of another window for whoever wants to log in there', async () => {
    window = new Window((each) => each.taken.add('/w/demo'));
    await expect(window.apis.find(DEMO)).rejects.toMatchObject({ code: 'conflict' });
    window.told.set('/w/demo', { project: 'there' } as ApiPlace);
    expect((await window.apis.find(DEMO)).project).toBe('there');
    expect((await window.apis.find(OTHER)).project).toBe('other');
    expect(projects()).toEqual(['other']);
  });

  it('ends with its folder, and all with the window; what was wanted stays so', async () => {
    window = new Window();
    await window.apis.start(DEMO);
    await window.apis.start(OTHER);
    window.open = [OTHER];
    window.foldersChanged.fire();
    await settled();
    expect([projects(), window.running]).toEqual([['other'], ['/w/other']]);
    window.apis.dispose();
    await settled();
    expect(window.running).toEqual([]);
    expect(window.wanted.size).toBe(2);
  });
});

describe('a window that comes back', () => {
  it('starts what ran, and nothing else', async () => {
    window = new Window((each) => each.wanted.add('/w/demo'));
    await settled();
    expect(projects()).toEqual(['demo']);
  });

  it('waits while the one before has not ended, or another window has it', async () => {
    window = new Window((each) => {
      each.wanted.add('/w/demo');
      each.taken.add('/w/demo');
    });
    await vi.advanceTimersByTimeAsync(12_000);
    expect(projects()).toEqual([]);
    window.taken.clear();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(projects()).toEqual(['demo']);
    expect(window.warnings).toEqual([]);
  });

  it('does not wait any more for what was stopped there', async () => {
    window = new Window((each) => {
      each.wanted.add('/w/demo');
      each.taken.add('/w/demo');
    });
    await vi.advanceTimersByTimeAsync(6_000);
    window.wanted.clear();
    window.taken.clear();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(projects()).toEqual([]);
  });

  it('waits for trust', async () => {
    window = new Window((each) => {
      each.wanted.add('/w/demo');
      each.isTrusted = false;
    });
    await settled();
    expect(projects()).toEqual([]);
    window.isTrusted = true;
    window.granted.fire();
    await settled();
    expect(projects()).toEqual(['demo']);
  });
});
