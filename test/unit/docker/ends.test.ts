import { describe, expect, it } from 'vitest';
import type { ContainerDetail, ContainerSummary, EngineEvent } from '../../../src/backends/docker/engine/port';
import { Ends } from '../../../src/backends/docker/ends';
import { toReplica, type Seen, type SeenReplica } from '../../../src/backends/docker/state';
import { troubleOf } from '../../../src/backends/docker/trouble';

const container: ContainerSummary = {
  id: 'abcdef0123456789',
  name: 'ms-iris-1',
  labels: {},
  image: 'x',
  state: 'running',
  created: 1,
  ports: [],
  addresses: {},
};
const detail: ContainerDetail = {
  id: container.id,
  name: container.name,
  labels: {},
  running: true,
  restarting: false,
  exitCode: 0,
  oomKilled: false,
  restartCount: 0,
};

function setUp() {
  const state = { restartCount: 0, asked: 0 };
  const ends = new Ends({
    inspectContainer: () => {
      state.asked++;
      return Promise.resolve({ ...detail, restartCount: state.restartCount });
    },
  });
  const event = (action: string, at: number, exitCode?: number): void => {
    const told: EngineEvent = { action, id: container.id, labels: {}, time: new Date(at) };
    ends.heard(exitCode === undefined ? told : { ...told, exitCode });
  };
  const see = async (part: Partial<SeenReplica> = {}): Promise<ReturnType<typeof toReplica>> => {
    const seen: Seen = {
      run: undefined,
      others: [],
      preparerAlive: false,
      replicas: [{ container, number: 1, restarts: 0, ...part }],
    };
    ends.complete(seen);
    await ends.settled();
    return toReplica(ends.complete(seen).replicas[0]!);
  };
  return { state, event, see };
}

describe('the ends of containers', () => {
  it('are known by how often, also of what came before, and asked once while nothing happens', async () => {
    const { state, see } = setUp();
    state.restartCount = 2;
    expect(await see()).toMatchObject({ restarts: 2 });
    await see();
    expect(await see()).not.toHaveProperty('lastFailure');
    expect(state.asked).toBe(1);
  });

  it('are known by why when they were heard of, though the engine has forgotten it', async () => {
    const { state, event, see } = setUp();
    await see();
    event('die', 1000, 137);
    state.restartCount = 1;
    event('start', 2000);
    const forgotten = troubleOf({ ...detail, restartCount: 1 }, 512)!;
    expect(forgotten.text).toBe('ended and was started again');
    expect(await see({ trouble: forgotten })).toMatchObject({
      restarts: 1,
      state: 'starting',
      trouble: 'was killed',
      lastFailure: 'was killed',
    });
    expect(state.asked).toBe(2);
  });

  it('are out of memory when the engine told of that just before', async () => {
    const { state, event, see } = setUp();
    state.restartCount = 1;
    event('oom', 1000);
    event('die', 1200, 137);
    expect(await see()).toMatchObject({
      lastFailure: expect.stringContaining('ran out of memory') as string,
      remedies: [{ kind: 'raiseLimit', setting: 'resources.memoryMb' }],
    });
    // A worker that was ended for its memory does not end its container.
    event('oom', 10_000);
    event('die', 60_000, 1);
    expect(await see()).toMatchObject({ lastFailure: 'ended with exit code 1' });
  });

  it('are forgotten with the container', async () => {
    const { state, event, see } = setUp();
    state.restartCount = 1;
    event('die', 1000, 137);
    event('destroy', 1100);
    state.restartCount = 0;
    expect(await see()).toMatchObject({ restarts: 0 });
  });
});
