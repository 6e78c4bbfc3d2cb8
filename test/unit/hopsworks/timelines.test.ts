import { expect, it } from 'vitest';
import { ServerClock } from '../../../src/backends/hopsworks/clock';
import { toServing } from '../../../src/backends/hopsworks/mapping';
import { Timelines } from '../../../src/backends/hopsworks/timelines';
import type { BackendId } from '../../../src/core/serving';

const HOUR = 3_600_000;

it("tells a server's times as those of this computer, however far its clock is, and does not let them move", () => {
  const clock = new ServerClock();
  const now = Date.parse('2026-11-29T12:00:00.500Z');
  clock.note('Sun, 29 Nov 2026 12:00:00 GMT', now);
  const deployed = new Date('2026-11-29T11:00:00Z');
  expect(clock.toHere(deployed)).toBe(deployed);
  clock.note('Sun, 29 Nov 2026 14:00:00 GMT', now);
  const here = clock.toHere(new Date('2026-11-29T13:59:00Z'));
  expect(now - here.getTime()).toBe(60_000);
  // Answers come late by some seconds.
  clock.note('Sun, 29 Nov 2026 14:00:01 GMT', now + 3000);
  expect(clock.toHere(new Date('2026-11-29T13:59:00Z'))).toEqual(here);
  clock.note(undefined, now);
  clock.note('nonsense', now);
  expect(clock.toHere(new Date(now + 2 * HOUR)).getTime()).toBe(now + 500);
});

it('gives the stages that were seen to begin their times, and to those of before none', () => {
  let now = 1_000_000;
  const lines = new Timelines(() => now);
  const look = (type: string, status = 'Starting', revision = '1', done?: boolean) => {
    const view = {
      id: 7,
      name: 'iris',
      status,
      revision,
      deployed: '2026-11-29T10:00:00Z',
      condition: { type, reason: type, ...(done === undefined ? {} : { status: done }) },
    };
    const place = { backend: 'hopsworks:c1' as BackendId, address: 'https://hw.org', project: 'demo', projectId: 1 };
    return lines
      .with(toServing(view, place))
      .run?.stages.map(({ name, seconds, startedAt }) => [name, startedAt?.getTime(), seconds]);
  };
  expect(look('SCHEDULED')?.every(([, at]) => at === undefined)).toBe(true);
  now += 600_000;
  look('INITIALIZED');
  now += 5000;
  look('STARTED');
  now += 7000;
  expect(look('READY', 'Running', '1', true)).toEqual([
    ['prepared', undefined, undefined],
    ['scheduled', undefined, undefined],
    ['initialized', 1_600_000, 5],
    ['started', 1_605_000, 7],
    ['ready', undefined, undefined],
  ]);
  expect(look('SCHEDULED', 'Updating', '2')?.some(([, at]) => at !== undefined)).toBe(false);
});
