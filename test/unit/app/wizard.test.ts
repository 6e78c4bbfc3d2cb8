import { describe, expect, it } from 'vitest';
import { BACK } from '../../../src/app/prompts';
import { Back, runWizard, type Step } from '../../../src/app/wizard';

describe('runWizard', () => {
  it('goes back with what was answered, and never before the first step', async () => {
    const seen: string[] = [];
    const script: (string | typeof BACK)[] = [BACK, 'a', BACK, 'b', 'c'];
    const step =
      (name: string): Step<string> =>
      (state, { step: n, of, canGoBack }) => {
        seen.push(`${name} ${n}/${of} ${canGoBack} [${state}]`);
        const answer = script.shift();
        return Promise.resolve(answer === BACK || answer === undefined ? BACK : state + answer);
      };
    expect(await runWizard([step('one'), step('two')], '')).toBe('abc');
    expect(seen).toEqual([
      'one 1/2 false []',
      'one 1/2 false []',
      'two 2/2 true [a]',
      'one 1/2 false [a]',
      'two 2/2 true [ab]',
    ]);
  });

  it('keeps what a step answered before it went back', async () => {
    let count = 0;
    const first: Step<string> = (state) => Promise.resolve(`${state}1`);
    const second: Step<string> = (state) => Promise.resolve(count++ === 0 ? new Back(`${state}x`) : state);
    expect(await runWizard([first, second], '')).toBe('1x1');
  });

  it('ends with what it began with when nothing is asked', async () => {
    expect(await runWizard([], 7)).toBe(7);
  });
});
