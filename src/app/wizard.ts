import { BACK, type Position } from './prompts';

/** One question: gives the state that follows, or BACK. */
export type Step<S> = (state: S, position: Position) => Promise<S | typeof BACK>;

/** Asks the steps in order; Back returns to the step before. Nothing that was answered is lost by it. */
export async function runWizard<S>(steps: readonly Step<S>[], initial: S): Promise<S> {
  let state = initial;
  let index = 0;
  for (let step = steps[0]; step !== undefined; step = steps[index]) {
    const answer = await step(state, { step: index + 1, of: steps.length, canGoBack: index > 0 });
    if (answer === BACK) {
      index--;
    } else {
      state = answer;
      index++;
    }
  }
  return state;
}
