import { whyNotAgain } from '../../app/inferenceLog/again';
import { replay, type Numbered, type ReplayOutcome } from '../../app/inferenceLog/replay';
import { BACK, type Prompts } from '../../app/prompts';
import { messageOf, ServingError } from '../../core/errors';
import type { InferenceRecord } from '../../core/inferenceLog';
import { t } from '../../core/l10n';
import { Paced } from '../../core/paced';
import { refKey, type Serving, type ServingRef } from '../../core/serving';
import type { OutcomeView, ReplayView } from '../../protocol/views/record';
import type { Predictor } from './ports';

export interface ReplayHostPorts {
  readonly predictor: Predictor;
  readonly prompts: Prompts;
  /** Those that take requests now. */
  readonly running: () => readonly Serving[];
  /** "This computer". */
  readonly backendLabel: (ref: ServingRef) => string;
}

/** What the page is told. */
export interface ReplayListener {
  view(view: ReplayView): void;
  outcomes(round: number, outcomes: readonly OutcomeView[]): void;
}

/** More than so many are asked about first. */
const MANY = 1000;
const TELL_MS = 200;

/** Sends requests of one panel's records again, and keeps how they were answered. */
export class ReplayHost {
  private current: ReplayView | undefined;
  private controller: AbortController | undefined;
  /** From the first question to the last answer. */
  private isBusy = false;
  private outcomes: OutcomeView[] = [];
  private told = 0;
  private readonly telling = new Paced(TELL_MS, () => {
    this.tell();
  });

  /** @param ref of the serving whose records they are */
  constructor(
    private readonly ref: ServingRef,
    private readonly ports: ReplayHostPorts,
    private readonly listener: ReplayListener,
  ) {}

  /** Resolves when all were sent, or it was given up. */
  async run(numbers: readonly number[], at: (number: number) => InferenceRecord | undefined): Promise<void> {
    if (this.isBusy) {
      throw new ServingError('conflict', t('Could not replay: another replay is under way'));
    }
    this.isBusy = true;
    try {
      await this.askAndSend(numbers, at);
    } finally {
      this.isBusy = false;
    }
  }

  private async askAndSend(
    numbers: readonly number[],
    at: (number: number) => InferenceRecord | undefined,
  ): Promise<void> {
    const all = numbers.flatMap((number): readonly Numbered[] => {
      const record = at(number);
      return record === undefined ? [] : [{ number, record }];
    });
    const able = all.filter(({ record }) => whyNotAgain(record) === undefined);
    if (able.length === 0) {
      const why = all[0] && whyNotAgain(all[0].record);
      throw new ServingError('invalid', t('Could not replay: {0}', why ?? t('no record is there to be sent')));
    }
    const target = await this.target(able.length, able[0]?.record.serving ?? '');
    if (able.length > MANY) {
      await this.ports.prompts.confirm(
        t('Send {0} requests to {1}?', able.length, target.name),
        t('They are predictions like any other: they take its time, and are in its own log afterwards.'),
        t('Send'),
      );
    }
    await this.send(target, able, all.length - able.length);
  }

  cancel(): void {
    this.controller?.abort();
  }

  /** What was answered is not shown any more. */
  close(): void {
    this.cancel();
    this.current = undefined;
    this.outcomes = [];
    this.told = 0;
  }

  /** To a page that knows nothing yet. */
  tellAll(): void {
    this.told = 0;
    if (this.current !== undefined) {
      this.listener.view(this.current);
      this.tell();
    }
  }

  /** @param name of the serving whose records they are: a topic's log is of no serving of ours */
  private async target(count: number, name: string): Promise<ServingRef> {
    const nearness = ({ ref }: Serving): number => (refKey(ref) === refKey(this.ref) ? 2 : ref.name === name ? 1 : 0);
    const choices = [...this.ports.running()].sort((a, b) => nearness(b) - nearness(a));
    if (choices.length === 0) {
      throw new ServingError('unavailable', t('Could not replay: no serving runs'), { remedies: [{ kind: 'start' }] });
    }
    const details = [undefined, t('These records are of a serving of this name'), t('These records are of it')];
    const chosen = await this.ports.prompts.pick({
      title: t('Replay'),
      placeholder:
        count === 1 ? t('Which serving is to answer?') : t('Which serving is to answer {0} requests?', count),
      choices: choices.map((serving) => {
        const { name: model, version } = serving.definition.model;
        const detail = details[nearness(serving)];
        return {
          label: serving.ref.name,
          description: `${this.ports.backendLabel(serving.ref)} · ${model} ${String(version)}`,
          ...(detail === undefined ? {} : { detail }),
          value: serving.ref,
        };
      }),
    });
    if (chosen === BACK) {
      throw ServingError.cancelled(t('Replay'));
    }
    return chosen;
  }

  private async send(target: ServingRef, records: readonly Numbered[], left: number): Promise<void> {
    const controller = new AbortController();
    this.controller = controller;
    const round = (this.current?.round ?? Date.now() % 1e9) + 1;
    this.outcomes = [];
    this.told = 0;
    const view = { round, target: target.name, of: records.length, left };
    this.show({ ...view, running: true });
    let problem: string | undefined;
    try {
      problem = await replay(
        records,
        {
          send: (request, signal) => this.ports.predictor.predict(target, request, signal),
          stopped: () =>
            this.ports.running().some(({ ref }) => refKey(ref) === refKey(target))
              ? undefined
              : t('{0} does not run any more', target.name),
          answered: (outcome) => {
            this.outcomes.push(toOutcome(outcome));
            this.telling.ask();
          },
        },
        controller.signal,
      );
    } catch (error) {
      problem = messageOf(error);
    } finally {
      this.controller = undefined;
    }
    // Closed meanwhile: nobody wants to know.
    if (this.current?.round === round) {
      this.tell();
      this.show({ ...view, running: false, ...(problem === undefined ? {} : { problem }) });
    }
  }

  private show(view: ReplayView): void {
    this.current = view;
    this.listener.view(view);
  }

  private tell(): void {
    const fresh = this.outcomes.slice(this.told);
    this.told = this.outcomes.length;
    if (this.current !== undefined && fresh.length > 0) {
      this.listener.outcomes(this.current.round, fresh);
    }
  }
}

function toOutcome({ differences, ...rest }: ReplayOutcome): OutcomeView {
  return {
    ...rest,
    differences: differences.map(({ path, expected = '', actual = '' }) => ({ path, before: expected, now: actual })),
  };
}
