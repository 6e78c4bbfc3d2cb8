import type { Prompts } from '../../app/prompts';
import type { Operation } from '../../core/backend';
import { isCancelled, messageOf, ServingError } from '../../core/errors';
import { t } from '../../core/l10n';
import type { Serving } from '../../core/serving';
import { withOperation, withTransfer } from '../../platform/progress';
import { stateWord } from '../tree/stateWords';

export type ManyVerb = 'start' | 'stop' | 'restart' | 'remove';

/** What is said of one serving, and of several; each sentence is whole. */
interface Words {
  readonly doingOne: (name: string) => string;
  readonly doing: (count: number) => string;
  readonly title: (count: number) => string;
  readonly failed: (failed: number, count: number, reasons: string) => string;
  /** How many are worked on at once. */
  readonly atOnce: number;
}

function wordsOf(verb: ManyVerb): Words {
  switch (verb) {
    case 'start':
      return {
        doingOne: (name) => t('Starting {0}', name),
        doing: (count) => t('Starting {0} servings', count),
        title: (count) => t('Start {0} Servings', count),
        failed: (failed, count, reasons) => t('Could not start {0} of {1} servings: {2}', failed, count, reasons),
        atOnce: 3,
      };
    case 'stop':
      return {
        doingOne: (name) => t('Stopping {0}', name),
        doing: (count) => t('Stopping {0} servings', count),
        title: (count) => t('Stop {0} Servings', count),
        failed: (failed, count, reasons) => t('Could not stop {0} of {1} servings: {2}', failed, count, reasons),
        atOnce: 8,
      };
    case 'restart':
      return {
        doingOne: (name) => t('Restarting {0}', name),
        doing: (count) => t('Restarting {0} servings', count),
        title: (count) => t('Restart {0} Servings', count),
        failed: (failed, count, reasons) => t('Could not restart {0} of {1} servings: {2}', failed, count, reasons),
        atOnce: 3,
      };
    case 'remove':
      return {
        doingOne: (name) => t('Deleting {0}', name),
        doing: (count) => t('Deleting {0} servings', count),
        title: (count) => t('Delete {0} Servings', count),
        failed: (failed, count, reasons) => t('Could not delete {0} of {1} servings: {2}', failed, count, reasons),
        atOnce: 8,
      };
  }
}

/** How many reasons one message has. */
const MOST_REASONS = 3;

/** Asks once, with a list of several; one serving that was named is meant. */
export async function whichOf(
  prompts: Prompts,
  verb: ManyVerb,
  servings: readonly Serving[],
): Promise<readonly Serving[]> {
  return servings.length < 2
    ? servings
    : prompts.pickMany({
        title: wordsOf(verb).title(servings.length),
        placeholder: t('Enter goes on with those that are ticked'),
        choices: servings.map((serving) => ({
          label: serving.ref.name,
          description: stateWord(serving),
          value: serving,
          isChosen: true,
        })),
      });
}

/**
 * Does it to each of them, several at once, under one notification with Cancel. What went wrong is one error; one that is
 * cancelled is not begun, or ends as if it were alone.
 */
export async function eachServing(
  verb: ManyVerb,
  servings: readonly Serving[],
  work: (serving: Serving, operation: Operation) => Promise<void>,
): Promise<void> {
  const words = wordsOf(verb);
  const [only, ...others] = servings;
  if (only && others.length === 0) {
    await withOperation(words.doingOne(only.ref.name), (operation) => work(only, operation));
  } else if (only) {
    const failures = await withTransfer(words.doing(servings.length), ({ signal, tell }) =>
      inBatches(servings, words.atOnce, signal, tell, work),
    );
    if (failures.length > 0) {
      throw summary(words, failures, servings.length);
    }
  }
}

interface Failed {
  readonly serving: Serving;
  readonly error: unknown;
}

async function inBatches(
  servings: readonly Serving[],
  atOnce: number,
  signal: AbortSignal,
  tell: (message: string) => void,
  work: (serving: Serving, operation: Operation) => Promise<void>,
): Promise<readonly Failed[]> {
  const failures: Failed[] = [];
  const waiting = [...servings];
  let done = 0;
  const worker = async (): Promise<void> => {
    for (let serving = waiting.shift(); serving && !signal.aborted; serving = waiting.shift()) {
      try {
        await work(serving, { signal, report: () => undefined });
      } catch (error) {
        if (!isCancelled(error)) {
          failures.push({ serving, error });
        }
      }
      tell(t('{0} of {1}', ++done, servings.length));
    }
  };
  tell(t('0 of {0}', servings.length));
  await Promise.all(Array.from({ length: Math.min(atOnce, servings.length) }, worker));
  return failures;
}

/** All of them are in the log; the message has the first ones, in the order in which they were asked for. */
function summary(words: Words, failures: readonly Failed[], count: number): ServingError {
  const lines = failures.map(({ serving, error }) => reasonFor(serving.ref.name, messageOf(error)));
  const rest = lines.length - MOST_REASONS;
  const reasons = lines.slice(0, MOST_REASONS).join('; ');
  const first = failures[0]?.error;
  return new ServingError(
    first instanceof ServingError ? first.code : 'internal',
    words.failed(lines.length, count, rest > 0 ? t('{0}; and {1} more', reasons, rest) : reasons),
    { cause: new Error(lines.join('\n')), remedies: sameRemedies(failures) },
  );
}

/** "iris: the port is taken": that it could not be done stands before all of them. */
function reasonFor(name: string, message: string): string {
  const known = `${name}: `;
  const at = message.indexOf(known);
  return at < 0 ? `${known}${message}` : message.slice(at);
}

/** What mends all of them, such as trust; what is for one of them would not say for which. */
function sameRemedies(failures: readonly Failed[]): ServingError['remedies'] {
  const texts = failures.map(({ error }) => JSON.stringify(error instanceof ServingError ? error.remedies : []));
  const [first] = failures;
  const about = first?.error instanceof ServingError ? first.error.remedies : [];
  const general = about.filter(({ kind }) => kind === 'trust' || kind === 'runDoctor' || kind === 'selectInterpreter');
  return new Set(texts).size === 1 ? general : [];
}

/** Questions of calls that go on at once, one after another: a second one would close the first. */
export function inTurn<A extends readonly unknown[], R>(ask: (...args: A) => Promise<R>): (...args: A) => Promise<R> {
  let last: Promise<unknown> = Promise.resolve();
  return (...args) => {
    const asked = last.then(() => ask(...args));
    last = asked.catch(() => undefined);
    return asked;
  };
}
