import type { FailureView, LastGoodView, StageView, StartupView } from '../../src/protocol/views/startup';
import type { ServingView } from '../../src/protocol/servingPanel';
import { h, icon } from '../common/dom';
import type { Child, VElement } from '../common/dom';
import { t } from '../common/l10n';
import { stageTime } from '../common/numbers';
import { sentence } from '../common/sentence';
import { primaryButton } from '../common/toolkit';
import { button } from '../common/text';
import { trace } from '../common/trace';
import type { Deeds } from './deeds';
import { section } from './parts';

export interface StartupOptions {
  readonly now: number;
  readonly open: boolean;
  readonly framesOpen: boolean;
}

/** Less is shown as no time at all. */
const LEAST_SECONDS = 0.05;
const ICONS = { done: 'pass', running: 'sync', failed: 'error', later: 'circle-large-outline' } as const;
const CLASSES = { done: 'ok', running: 'running', failed: 'bad', later: 'later' } as const;

/** When it was well last, and what is not as it was then. */
export function lastGoodRun(view: LastGoodView, now: number, deeds: Deeds): VElement {
  return section(
    'last',
    t('Last good run'),
    h('span', { class: 'note num' }, sentence(view.note, now)),
    h(
      'div',
      { class: 'lastgood' },
      h('span', {}, view.text),
      view.canCompare &&
        button(
          t('Compare Scripts'),
          () => {
            deeds.open('compareLastGood');
          },
          { icon: 'diff' },
        ),
    ),
  );
}

/** The stages of the start: one line when all went well, a list while it starts and when it failed. */
export function startup(view: ServingView, options: StartupOptions, deeds: Deeds): VElement | undefined {
  const { startup: run } = view;
  if (run === undefined || run.stages.length === 0) {
    return undefined;
  }
  const done = run.stages.every((each) => each.state === 'done');
  return done ? summary(run, options, deeds) : list(run, options, deeds);
}

function list(run: StartupView, options: StartupOptions, deeds: Deeds): VElement {
  const failedAt = run.stages.findIndex((each) => each.state === 'failed');
  const total = totalSeconds(run, options.now);
  const place = t('stage {0} of {1}', String(failedAt + 1), String(run.stages.length));
  // Not every backend tells times.
  const isTimed = total >= LEAST_SECONDS;
  const note =
    failedAt === -1
      ? isTimed && t('{0} so far', stageTime(total))
      : isTimed
        ? t('stopped after {0}, {1}', stageTime(total), place)
        : t('stopped at {0}', place);
  return h(
    'section',
    { key: 'startup', attrs: { 'aria-labelledby': 'h-startup' } },
    h(
      'div',
      { class: 'title' },
      h('h2', { attrs: { id: 'h-startup' } }, t('Start-up')),
      note !== false && h('span', { class: 'note num' }, note),
    ),
    stages(run, options, deeds),
    failedAt === -1 && run.failure !== undefined && failure(run.failure, options.framesOpen, deeds),
  );
}

function summary(run: StartupView, options: StartupOptions, deeds: Deeds): VElement {
  const total = run.stages.reduce((sum, each) => sum + (each.seconds ?? 0), 0);
  return h(
    'section',
    { key: 'startup', attrs: { 'aria-labelledby': 'h-startup' } },
    h(
      'details',
      {
        attrs: { id: 'startup' },
        set: { open: options.open },
        on: {
          toggle: (event) => {
            deeds.openStartup(event.target instanceof HTMLDetailsElement && event.target.open);
          },
        },
      },
      h(
        'summary',
        { class: 'title' },
        icon('chevron-right'),
        h('h2', { attrs: { id: 'h-startup' } }, t('Start-up')),
        total >= LEAST_SECONDS && h('span', { class: 'num' }, t('{0} in total', stageTime(total))),
        h(
          'span',
          { class: 'stages-line num' },
          run.stages.filter((each) => each.name !== 'ready').map((each) => h('span', { key: each.name }, inline(each))),
          h('span', { class: 'state running' }, icon('pass-filled'), 'ready'),
        ),
      ),
      stages(run, options, deeds),
    ),
    run.failure !== undefined && failure(run.failure, options.framesOpen, deeds),
  );
}

function inline(stage: StageView): string {
  const word = stage.label.split(' ')[0]?.toLowerCase() ?? stage.label;
  const time = stage.seconds === undefined ? '' : ` ${stageTime(stage.seconds)}`;
  return `${word}${time}${stage.note === undefined ? '' : `, ${stage.note}`}`;
}

function stages(run: StartupView, options: StartupOptions, deeds: Deeds): VElement {
  const total = Math.max(totalSeconds(run, options.now), 0.001);
  let from = 0;
  return h(
    'ol',
    { class: 'stages' },
    run.stages.map((stage) => {
      const seconds = secondsOf(stage, options.now);
      const start = stage.startedAt === undefined ? from : (stage.startedAt - run.startedAt) / 1000;
      from = start + (seconds ?? 0);
      const current = stage.state === 'running' || stage.state === 'failed';
      return h(
        'li',
        { key: stage.name, attrs: { 'aria-current': current ? 'step' : undefined } },
        h(
          'div',
          { class: `stage ${CLASSES[stage.state]}` },
          icon(ICONS[stage.state], stage.state === 'running' ? 'codicon-modifier-spin' : ''),
          h('span', { class: 'what' }, stage.label, note(stage, run)),
          bar(start / total, seconds === undefined ? undefined : seconds / total),
          h(
            'span',
            { class: 't' },
            seconds === undefined
              ? stage.state === 'later'
                ? run.failure
                  ? t('not reached')
                  : ''
                : ''
              : stageTime(seconds),
          ),
        ),
        stage.state === 'failed' && run.failure !== undefined && failure(run.failure, options.framesOpen, deeds),
      );
    }),
  );
}

function note(stage: StageView, run: StartupView): Child {
  const text = stage.state === 'running' ? (run.message ?? stage.note) : stage.note;
  return text !== undefined && h('span', { class: 'dim' }, ` · ${text}`);
}

function bar(from: number, width: number | undefined): VElement {
  const percent = (part: number): string => String(Math.round(Math.min(1, Math.max(0, part)) * 1000) / 10);
  return h(
    'svg',
    { attrs: { viewBox: '0 0 100 8', preserveAspectRatio: 'none', 'aria-hidden': 'true' } },
    width !== undefined && h('line', { class: 'track', attrs: { x1: 0, x2: 100, y1: 4, y2: 4 } }),
    width !== undefined &&
      h('rect', {
        class: 'dur',
        attrs: { x: percent(Math.min(from, 0.995)), width: percent(Math.max(0.005, width)), height: 8 },
      }),
  );
}

/** Seconds of a stage so far; undefined when it was not reached. */
function secondsOf(stage: StageView, now: number): number | undefined {
  if (stage.seconds !== undefined) {
    return stage.seconds;
  }
  return stage.state === 'running' && stage.startedAt !== undefined
    ? Math.max(0, (now - stage.startedAt) / 1000)
    : undefined;
}

function totalSeconds(run: StartupView, now: number): number {
  const ends = run.stages.map((stage) => {
    const seconds = secondsOf(stage, now) ?? 0;
    return stage.startedAt === undefined ? seconds : (stage.startedAt - run.startedAt) / 1000 + seconds;
  });
  return Math.max(0, ...ends);
}

function failure(view: FailureView, framesOpen: boolean, deeds: Deeds): VElement {
  return h(
    'div',
    { key: 'failure', class: 'fail' },
    h('p', { class: 'cause', attrs: { id: 'cause' } }, h('b', {}, view.message)),
    view.remedies.length > 0 &&
      h(
        'div',
        { class: 'bar wide', attrs: { role: 'group', 'aria-label': t('Remedies'), 'aria-describedby': 'cause' } },
        view.remedies.map((each, index) =>
          index === 0
            ? primaryButton({
                label: each.label,
                press: () => {
                  deeds.remedy(index);
                },
              })
            : button(
                each.label,
                () => {
                  deeds.remedy(index);
                },
                each.icon === undefined ? {} : { icon: each.icon },
              ),
        ),
      ),
    view.trace !== undefined &&
      trace(view.trace, { open: framesOpen, toggle: deeds.openFrames, openFrame: deeds.openFrame, copy: deeds.copy }),
  );
}
