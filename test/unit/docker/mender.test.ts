import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { Mender, type MenderParts } from '../../../src/backends/docker/mender';
import { until } from '../../contract/backend.contract';

const TIMES = { gatherMs: 5, againMs: 20, longestMs: 40 };
const warnings: string[] = [];
const log = {
  debug: () => undefined,
  info: () => undefined,
  warn: (text: string) => void warnings.push(text),
  error: () => undefined,
};

let mender: Mender;
afterEach(() => {
  mender.dispose();
  warnings.length = 0;
});

function make(parts: Partial<MenderParts>): string[] {
  const mended: string[] = [];
  mender = new Mender({
    all: () => Promise.resolve(['a', 'b']),
    needsMending: () => Promise.resolve(true),
    mend: (name) => {
      mended.push(name);
      return Promise.resolve();
    },
    log: log,
    times: TIMES,
    ...parts,
  });
  return mended;
}

it('looks once at what came together, and at all servings when it may be any', async () => {
  const mended = make({});
  mender.tell('x');
  mender.tell('x');
  await until(() => Promise.resolve(mended.length > 0), 5);
  mender.tell(undefined);
  await until(() => Promise.resolve(mended.length === 3), 5);
  await sleep(30);
  expect(mended).toEqual(['x', 'a', 'b']);
});

it('tries again what failed, and does not leave out the next one', async () => {
  let failures = 3;
  const mended = make({
    needsMending: (name) =>
      name === 'a' && failures-- > 0 ? Promise.reject(new Error('not now')) : Promise.resolve(true),
  });
  mender.tell(undefined);
  await until(() => Promise.resolve(mended.includes('a')), 5);
  expect(mended).toEqual(['b', 'a']);
  expect(warnings).toHaveLength(3);
});

it('looks again at what changes while it is looked for what there is', async () => {
  let looks = 0;
  const mended = make({
    all: async () => {
      looks++;
      const found = looks === 1 ? ['a'] : ['a', 'new'];
      await sleep(20);
      return found;
    },
  });
  mender.tell(undefined);
  await until(() => Promise.resolve(looks === 1), 5);
  mender.tell('new');
  await until(() => Promise.resolve(mended.includes('new')), 5);
});

it('waits for many at once without a warning of the system', async () => {
  const warned: Error[] = [];
  const hear = (warning: Error): void => void warned.push(warning);
  process.on('warning', hear);
  const all = Array.from({ length: 30 }, (_, index) => `serving ${index}`);
  let looks = 0;
  make({
    all: () => Promise.resolve(all),
    needsMending: () => {
      looks++;
      return Promise.resolve('later');
    },
  });
  mender.tell(undefined);
  await until(() => Promise.resolve(looks >= 60), 5);
  process.off('warning', hear);
  expect(warned).toEqual([]);
});

it('comes back to what somebody works on, and to nothing when it is disposed', async () => {
  let isHeld = true;
  const mended = make({ needsMending: () => Promise.resolve(isHeld ? 'later' : true) });
  mender.tell('x');
  await sleep(60);
  expect(mended).toEqual([]);
  isHeld = false;
  await until(() => Promise.resolve(mended.length === 1), 5);
  mender.dispose();
  mender.tell('x');
  await sleep(40);
  expect(mended).toEqual(['x']);
  expect(warnings).toEqual([]);
});
