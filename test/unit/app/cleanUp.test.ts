import { describe, expect, it } from 'vitest';
import { cleanUp, type CleanUpPlace, type FoundUnneeded, sizeText, type Unneeded } from '../../../src/app/cleanUp';
import { isCancelled, ServingError } from '../../../src/core/errors';
import { type Answer, ScriptedPrompts } from '../../fakes/scriptedPrompts';

const environment: Unneeded = {
  kind: 'environment',
  id: 'e',
  label: 'Python 3.11.7',
  detail: 'six',
  bytes: 300_000_000,
};
const image: Unneeded = { kind: 'image', id: 'i', label: 'iris: iris version 2', detail: 'Built', bytes: 900_000_000 };
const below: Unneeded = { kind: 'image', id: 'b', label: 'Python 3.11 with six', detail: 'Built', bytes: 20_000_000 };
const orphan: Unneeded = {
  kind: 'orphan',
  id: 'o',
  label: 'iris',
  detail: '/gone is not there',
  loses: 'iris of /gone: it is stopped.',
};
const ALL = [environment, image, below, orphan];

function play(
  found: FoundUnneeded,
  script: readonly (readonly [string, Answer])[],
  remove: (thing: Unneeded) => Promise<boolean> = () => Promise.resolve(true),
) {
  const removed: Unneeded[] = [];
  const warnings: string[] = [];
  const told: string[] = [];
  const abort = new AbortController();
  const prompts = new ScriptedPrompts(script);
  const place: CleanUpPlace = {
    find: () => Promise.resolve(found),
    remove: async (thing) => {
      const went = await remove(thing);
      removed.push(thing);
      return went;
    },
  };
  const warn = (text: string | Error): void => {
    warnings.push(String(text));
  };
  const said = cleanUp({
    place,
    prompts,
    log: { debug: warn, info: warn, warn, error: warn },
    run: (_, work) =>
      work({
        signal: abort.signal,
        report: ({ message }) => {
          told.push(message ?? '');
        },
      }),
  });
  return { said, removed, warnings, told, prompts, abort };
}

describe('the clean-up', () => {
  it('removes what is chosen, in its order, and says how much was freed', async () => {
    const { said, removed, told, prompts } = play({ things: ALL }, [
      ['Clean Up', { tick: [below.label, image.label, environment.label] }],
    ]);
    expect(await said).toBe(
      'Removed 1 environment, 2 images: 1.2 GB freed. The engine may keep parts of images in its build cache until it needs room, or `docker builder prune`.',
    );
    expect(removed).toEqual([environment, image, below]);
    expect(told).toEqual(['Python 3.11.7 (1 of 3)', 'iris: iris version 2 (2 of 3)', 'Python 3.11 with six (3 of 3)']);
    expect(prompts.asked[0]).toMatchObject({
      placeholder: 'Nothing uses these: 1.2 GB. They are made again when they are needed.',
      choices: [
        { description: '300 MB', separator: 'Managed environments that no serving uses' },
        { description: '900 MB', separator: 'Docker images that no serving uses' },
        { description: '20 MB' },
        { description: '', separator: 'On the engine, from folders that this computer does not have' },
      ],
    });
  });

  it('takes everything but what may run for somebody else, unless it is ticked and confirmed by its folder', async () => {
    const byDefault = play({ things: ALL }, [['Clean Up', 'enter']]);
    await byDefault.said;
    expect(byDefault.removed).toEqual([environment, image, below]);

    const question = 'Remove a serving of folders that this computer does not have?';
    const ticked = play({ things: ALL }, [
      ['Clean Up', { tick: ['iris'] }],
      [question, 'yes'],
    ]);
    expect(await ticked.said).toBe('Removed 1 serving.');
    expect(ticked.removed).toEqual([orphan]);

    const left = play({ things: ALL }, [
      ['Clean Up', { tick: ['iris', image.label] }],
      [question, 'leave'],
    ]);
    expect(isCancelled(await left.said.catch((error: unknown) => error))).toBe(true);
    expect(left.removed).toEqual([]);
  });

  it('goes on when something cannot be removed or is used by now', async () => {
    const { said, warnings } = play({ things: ALL }, [['Clean Up', 'enter']], (thing) =>
      thing === image
        ? Promise.reject(new ServingError('conflict', 'Removing an image: it is in use'))
        : Promise.resolve(thing !== below),
    );
    expect(await said).toBe(
      'Removed 1 environment: 300 MB freed. 1 is in use by now and stayed. 1 could not be removed: Removing an image: it is in use',
    );
    expect(warnings).toEqual(['could not remove iris: iris version 2: Removing an image: it is in use']);
  });

  it('that is cancelled leaves the rest, and says what went', async () => {
    const { said, removed, abort } = play({ things: ALL }, [['Clean Up', 'enter']], (thing) => {
      if (thing === environment) {
        abort.abort();
      }
      return Promise.resolve(true);
    });
    expect(await said).toBe('Removed 1 environment: 300 MB freed.');
    expect(removed).toEqual([environment]);
  });

  it('asks nothing when all is in use, and says when the engine could not be asked', async () => {
    expect(await play({ things: [] }, []).said).toBe('There is nothing to clean up: all is in use.');
    const withoutEngine = 'There is no Docker engine';
    expect(await play({ things: [], withoutEngine }, []).said).toBe(
      'Every environment is in use. Docker was not asked: There is no Docker engine',
    );
    expect(await play({ things: [environment], withoutEngine }, [['Clean Up', 'enter']]).said).toBe(
      'Removed 1 environment: 300 MB freed. Docker was not asked: There is no Docker engine',
    );
    expect(await play({ things: ALL }, [['Clean Up', { tick: [] }]]).said).toBe('Nothing was removed.');
    const orphans = play({ things: [orphan] }, [['Clean Up', 'enter']]);
    expect(await orphans.said).toBe('Nothing was removed.');
    expect(orphans.prompts.asked[0]).toMatchObject({
      placeholder: 'Nothing is unused. Choose what is to be stopped and removed.',
    });
  });

  it('says sizes as people do', () => {
    expect([0, 10, 1_400_000, 999_000_000, 1_250_000_000].map(sizeText)).toEqual([
      '0 MB',
      'less than 1 MB',
      '1 MB',
      '999 MB',
      '1.3 GB',
    ]);
  });
});
