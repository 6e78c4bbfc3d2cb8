import type { ReplicasView, ReplicaView, TroubleView } from '../../src/protocol/views/replicas';
import { h, icon } from '../common/dom';
import type { Child, VElement } from '../common/dom';
import { t } from '../common/l10n';
import { bytes, count, duration, latency, percent } from '../common/numbers';
import { sentence } from '../common/sentence';
import { button, iconButton, quantity, state } from '../common/text';
import { container } from './container';
import type { Deeds } from './deeds';
import { columnHead, section } from './parts';

/** The replicas, one row each; narrow, each is a block. What is wrong with one is told in a row below it. */
export function replicas(view: ReplicasView, now: number, deeds: Deeds): VElement {
  const shape: Shape = {
    limit: view.memoryLimitBytes,
    hasCores: view.rows.some((each) => each.cores !== undefined),
    hasLatency: view.rows.some((each) => each.p95Ms !== undefined),
    hasLoad: view.rows.some((each) => each.inFlight !== undefined),
    hasContainers: view.rows.some((each) => each.container !== undefined),
    hasShell: view.canOpenShell,
  };
  return section(
    'replicas',
    t('Replicas'),
    [
      h('span', { key: 'note', class: 'note' }, view.note),
      view.warning !== undefined &&
        h(
          'span',
          { key: 'warning', class: 'state degraded note-warn' },
          icon('warning'),
          h('span', {}, sentence(view.warning.parts, now)),
        ),
    ],
    h(
      'table',
      {
        class: `replicas${shape.hasContainers ? ' containers' : ''}`,
        attrs: { role: 'table', 'aria-labelledby': 'h-replicas' },
      },
      h(
        'thead',
        { attrs: { role: 'rowgroup' } },
        h(
          'tr',
          { attrs: { role: 'row' } },
          columnHead(t('Name')),
          columnHead(t('State')),
          columnHead(t('Uptime'), 'r'),
          columnHead(t('Restarts'), 'c-rest r'),
          shape.hasCores && columnHead('CPU', 'r'),
          columnHead(t('Memory'), 'r'),
          columnHead(t('Requests'), 'r'),
          shape.hasLoad && columnHead(t('In flight'), 'c-load r'),
          shape.hasLatency && columnHead('p95', 'r'),
          shape.hasContainers ? columnHead(t('Container')) : columnHead(t('Process'), 'r'),
          columnHead(h('span', { class: 'sr' }, t('Actions')), 'acts'),
        ),
      ),
      h(
        'tbody',
        { attrs: { role: 'rowgroup' } },
        view.rows
          .map((each) => {
            const trouble = each.trouble && !isTold(view, each, each.trouble) ? each.trouble : undefined;
            return [
              row(each, { ...shape, hasTrouble: trouble !== undefined }, now, deeds),
              trouble !== undefined && troubleRow(each.number, trouble, shape, deeds),
            ];
          })
          .flat(),
      ),
    ),
  );
}

interface Shape {
  /** Bytes of memory that each may have. */
  readonly limit: number | undefined;
  readonly hasCores: boolean;
  readonly hasLatency: boolean;
  readonly hasLoad: boolean;
  readonly hasContainers: boolean;
  readonly hasShell: boolean;
}

/** The title says it already, and there is nothing to be pressed. */
function isTold({ warning }: ReplicasView, { number }: ReplicaView, { isNow, remedies }: TroubleView): boolean {
  return !isNow && remedies.length === 0 && warning?.replica === number;
}

function row(view: ReplicaView, shape: Shape & { readonly hasTrouble: boolean }, now: number, deeds: Deeds): VElement {
  const { limit, hasCores, hasLatency, hasLoad, hasContainers, hasShell, hasTrouble } = shape;
  const name = t('replica {0}', String(view.number));
  const cell = (
    classes: string,
    label: string | undefined,
    ...children: readonly (Child | readonly Child[])[]
  ): VElement => h('td', { class: classes, attrs: { role: 'cell', 'data-label': label } }, ...children);
  return h(
    'tr',
    {
      key: String(view.number),
      class: `${view.restarts > 0 ? 'restarted' : ''}${hasTrouble ? ' has-trouble' : ''}`,
      attrs: { role: 'row' },
    },
    h('th', { class: 'c-name', attrs: { role: 'rowheader', scope: 'row' } }, name),
    cell('c-state', undefined, state(view.state)),
    cell('c-up r', t('up'), view.startedAt === undefined ? '–' : duration(now - view.startedAt)),
    cell(
      'c-rest r',
      undefined,
      count(view.restarts),
      view.restarts > 0 &&
        h('span', { class: 'narrow-only' }, `\u00a0${view.restarts === 1 ? t('restart') : t('restarts')}`),
    ),
    hasCores && cell('c-cpu r', 'CPU', view.cores === undefined ? '–' : quantity(percent(view.cores))),
    cell('c-mem r', t('memory'), memory(view.memoryBytes, limit)),
    cell('c-req r', t('requests'), count(view.requests)),
    hasLoad && cell('c-load r', t('in flight'), view.inFlight === undefined ? '–' : count(view.inFlight)),
    hasLatency && cell('c-p95 r', 'p95', view.p95Ms === undefined ? '–' : quantity(latency(view.p95Ms))),
    hasContainers
      ? cell('c-con', t('container'), view.container === undefined ? '–' : container(view.container, name, deeds))
      : cell('c-pid r', t('process'), view.pid === undefined ? '–' : String(view.pid)),
    h(
      'td',
      { class: 'acts', attrs: { role: 'cell' } },
      h(
        'span',
        { class: 'bar' },
        iconButton('output', t('Logs of {0}', name), () => {
          deeds.logs({ replica: view.number });
        }),
        hasShell &&
          iconButton('terminal', t('Open shell in {0}', name), () => {
            deeds.shell(view.number);
          }),
      ),
    ),
  );
}

function troubleRow(number: number, view: TroubleView, shape: Shape, deeds: Deeds): VElement {
  const what = view.isNow ? capital(view.text) : t('Started again: {0}', view.text);
  return h(
    'tr',
    { key: `trouble ${String(number)}`, class: 'trouble', attrs: { role: 'row' } },
    h(
      'td',
      {
        attrs: { role: 'cell', colspan: 8 + [shape.hasCores, shape.hasLoad, shape.hasLatency].filter(Boolean).length },
      },
      h(
        'div',
        { class: 'bar wide' },
        h(
          'span',
          { class: `state ${view.isNow ? 'failed' : 'degraded'}` },
          icon(view.isNow ? 'error' : 'warning'),
          h('span', {}, h('span', { class: 'sr' }, t('replica {0}: ', String(number))), what),
        ),
        view.remedies.map((each, index) =>
          button(
            each.label,
            () => {
              deeds.replicaRemedy(number, index);
            },
            each.icon === undefined ? {} : { icon: each.icon },
          ),
        ),
      ),
    ),
  );
}

function memory(used: number | undefined, limit: number | undefined): readonly Child[] {
  if (used === undefined) {
    return ['–'];
  }
  const now = bytes(used);
  if (limit === undefined) {
    return [`${now.value} `, h('span', { class: 'unit' }, now.unit)];
  }
  const all = bytes(limit);
  const same = now.unit === all.unit;
  const part = Math.min(1, used / limit);
  return [
    same ? `${now.value} ` : `${now.value} ${now.unit} `,
    h('span', { class: 'unit' }, t('of {0} {1}', all.value, all.unit)),
    h(
      'svg',
      { class: 'meter', attrs: { viewBox: '0 0 100 4', preserveAspectRatio: 'none', 'aria-hidden': 'true' } },
      h('rect', { class: 'track', attrs: { width: 100, height: 4 } }),
      h('rect', { class: 'fill', attrs: { width: Math.round(part * 100), height: 4 } }),
    ),
  ];
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
