import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Paced } from '../../../src/core/paced';

describe('paced work', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is done at once, then at most once in its time, and once more after the last asking', () => {
    const work = vi.fn();
    const paced = new Paced(100, work);
    paced.ask();
    expect(work).toHaveBeenCalledTimes(1);
    for (let at = 0; at < 50; at++) {
      vi.advanceTimersByTime(20);
      paced.ask();
    }
    expect(work.mock.calls.length).toBeLessThanOrEqual(11);
    vi.advanceTimersByTime(100);
    const all = work.mock.calls.length;
    vi.advanceTimersByTime(10_000);
    expect(work).toHaveBeenCalledTimes(all);
    paced.ask();
    expect(work).toHaveBeenCalledTimes(all + 1);
  });

  it('that was asked for is not done once it is disposed, and can be asked for again', () => {
    const work = vi.fn();
    const paced = new Paced(100, work);
    paced.ask();
    paced.ask();
    paced.dispose();
    vi.advanceTimersByTime(1000);
    expect(work).toHaveBeenCalledTimes(1);
    paced.ask();
    expect(work).toHaveBeenCalledTimes(2);
  });
});
