import { expect, it } from 'vitest';
import type { ContainerDetail } from '../../../src/backends/docker/engine/port';
import { failureOf, troubleOf } from '../../../src/backends/docker/trouble';

const ended: ContainerDetail = {
  id: 'x',
  name: 'x',
  labels: {},
  running: false,
  restarting: false,
  exitCode: 137,
  oomKilled: false,
  restartCount: 0,
  startedAt: new Date(),
};

it('tells a replica that was ended for its memory from one that was killed, with the fix first', () => {
  const trouble = troubleOf({ ...ended, oomKilled: true }, 512);
  expect(trouble).toMatchObject({ kind: 'out-of-memory', text: 'ran out of memory at 512 MB: raise the limit' });
  expect(trouble && failureOf(trouble, 'iris', 2)).toMatchObject({
    message: 'Replica 2 ran out of memory at 512 MB: raise the limit',
    remedies: [
      { kind: 'raiseLimit', setting: 'resources.memoryMb' },
      { kind: 'showLogs', serving: 'iris' },
    ],
  });
  expect(troubleOf(ended, 512)).toMatchObject({ kind: 'killed', remedies: [] });
  expect(troubleOf({ ...ended, running: true }, 512)).toBeUndefined();
});
