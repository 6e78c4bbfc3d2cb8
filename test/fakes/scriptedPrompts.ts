import { ServingError } from '../../src/core/errors';
import {
  BACK,
  type FileQuestion,
  type InputQuestion,
  type PickManyQuestion,
  type PickQuestion,
  type Prompts,
} from '../../src/app/prompts';

/** What a person does at one question. */
export type Answer =
  /** Takes what Enter takes: the active choice, or the value that is there. */
  | 'enter'
  | 'back'
  | 'leave'
  | { readonly pick: string }
  /** Exactly these are ticked. */
  | { readonly tick: readonly string[] }
  | { readonly type: string }
  /** Types what is refused, which has to be said, and then something else. */
  | { readonly refused: string; readonly with: RegExp; readonly then: string }
  | { readonly file: string }
  | 'yes';

type Asked =
  | PickQuestion<unknown>
  | PickManyQuestion<unknown>
  | InputQuestion
  | FileQuestion
  | { readonly title: string; readonly detail?: string };

/** Plays a script of answers, each under the title that the question has to have; all of it has to be used up. */
export class ScriptedPrompts implements Prompts {
  readonly asked: Asked[] = [];
  private at = 0;

  constructor(private readonly script: readonly (readonly [title: string, answer: Answer])[]) {}

  /** Fails when a question was not asked. */
  end(): void {
    const left = this.script.slice(this.at).map(([title]) => title);
    if (left.length > 0) {
      throw new Error(`these questions were not asked: ${left.join(', ')}`);
    }
  }

  pick<T>(question: PickQuestion<T>): Promise<T | typeof BACK> {
    return this.answer(question, (answer) => {
      if (answer === 'enter') {
        const active = question.choices.find(({ value }) => value === question.active) ?? question.choices[0];
        return active?.value ?? fail(`${question.title} has no choices`);
      }
      const label = typeof answer === 'object' && 'pick' in answer ? answer.pick : '';
      const labels = question.choices.map((choice) => choice.label);
      const chosen = question.choices.find((choice) => choice.label === label);
      return chosen ? chosen.value : fail(`${question.title} has no ${label}: ${labels.join(', ')}`);
    });
  }

  async pickMany<T>(question: PickManyQuestion<T>): Promise<readonly T[]> {
    const chosen = await this.answer(question, (answer) => {
      const ticked = typeof answer === 'object' && 'tick' in answer ? answer.tick : undefined;
      const labels = question.choices.map(({ label }) => label);
      const missing = ticked?.find((label) => !labels.includes(label));
      return missing === undefined
        ? question.choices.filter(({ label, isChosen }) => ticked?.includes(label) ?? isChosen)
        : fail(`${question.title} has no ${missing}: ${labels.join(', ')}`);
    });
    return chosen === BACK ? fail(`${question.title} has no way back`) : chosen.map(({ value }) => value);
  }

  input(question: InputQuestion): Promise<string | typeof BACK> {
    return this.answer(question, (answer) => {
      if (typeof answer === 'object' && 'refused' in answer) {
        const problem = question.check(answer.refused) ?? fail(`${answer.refused} was not refused`);
        if (!answer.with.test(problem)) {
          fail(`${answer.refused} was refused with: ${problem}`);
        }
      }
      const text =
        typeof answer !== 'object'
          ? question.value
          : 'type' in answer
            ? answer.type
            : 'then' in answer
              ? answer.then
              : fail(`${question.title} asks for a text`);
      const problem = question.check(text);
      return problem === undefined ? text : fail(`${question.title} refuses ${text}: ${problem}`);
    });
  }

  async file(question: FileQuestion): Promise<string> {
    const path = await this.answer(question, (answer) =>
      typeof answer === 'object' && 'file' in answer ? answer.file : fail(`${question.title} asks for a file`),
    );
    return path === BACK ? fail(`${question.title} has no way back`) : path;
  }

  async choose(message: string, detail: string, buttons: readonly string[]): Promise<string> {
    const chosen = await this.answer({ title: message, detail }, (answer) => {
      const label = typeof answer === 'object' && 'pick' in answer ? answer.pick : '';
      return buttons.find((button) => button === label) ?? fail(`${message} has no ${label}: ${buttons.join(', ')}`);
    });
    return chosen === BACK ? fail(`${message} has no way back`) : chosen;
  }

  async confirm(message: string): Promise<void> {
    await this.answer({ title: message }, (answer) =>
      answer === 'yes' ? undefined : fail(`${message} was not confirmed`),
    );
  }

  private async answer<T>(question: Asked, make: (answer: Answer) => T): Promise<T | typeof BACK> {
    await Promise.resolve();
    this.asked.push(question);
    const [title, answer] = this.script[this.at++] ?? fail(`nobody answers: ${question.title}`);
    if (title !== question.title) {
      fail(`asked for "${question.title}", the script has "${title}"`);
    }
    if (answer === 'leave') {
      throw ServingError.cancelled(question.title);
    }
    if (answer === 'back') {
      return 'canGoBack' in question && question.canGoBack ? BACK : fail(`${title} has no way back`);
    }
    return make(answer);
  }
}

function fail(message: string): never {
  throw new Error(message);
}
