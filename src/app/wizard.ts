import { BACK, type Position } from './prompts';

/** Back, with what was answered in this step before. */
export class Back<S> {
  constructor(readonly state: S) {}
}

/** One question: gives the state that follows, or goes back. */
export type Step<S> = (state: S, position: Position) => Promise<S | Back<S> | typeof BACK>;

/** Asks the steps in order; Back returns to the step before. Nothing that was answered is lost by it. */
export async function runWizard<S>(steps: readonly Step<S>[], initial: S): Promise<S> {
  let state = initial;
  let index = 0;
  for (let step = steps[0]; step !== undefined; step = steps[index]) {
    const answer = await step(state, { step: index + 1, of: steps.length, canGoBack: index > 0 });
    if (answer === BACK) {
      index = Math.max(0, index - 1);
    } else if (isBack(answer)) {
      state = answer.state;
      index = Math.max(0, index - 1);
    } else {
      state = answer;
      index++;
    }
  }
  return state;
}

function isBack<S>(answer: S | Back<S>): answer is Back<S> {
  return answer instanceof Back;
}
