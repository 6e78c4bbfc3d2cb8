import type { ReplicasView, ReplicaView } from '../../src/protocol/views/replicas';
import { h, icon } from '../common/dom';
import type { Child, VElement } from '../common/dom';
import { bytes, count, duration } from '../common/numbers';
import { iconButton, state } from '../common/text';
import type { Deeds } from './deeds';

/** The replicas, one row each; narrow, each is a block. */
export function replicas(view: ReplicasView, now: number, deeds: Deeds): VElement {
  const head = (text: string, extra = ''): VElement =>
    h('th', { class: extra, attrs: { role: 'columnheader', scope: 'col' } }, text);
  return h(
    'section',
    { key: 'replicas', attrs: { 'aria-labelledby': 'h-replicas', id: 'replicas' } },
    h(
      'div',
      { class: 'title' },
      h('h2', { attrs: { id: 'h-replicas' } }, 'Replicas'),
      h('span', { class: 'note' }, view.note),
      view.warning !== undefined && h('span', { class: 'state degraded note-warn' }, icon('warning'), view.warning),
    ),
    h(
      'table',
      { class: 'replicas', attrs: { role: 'table', 'aria-labelledby': 'h-replicas' } },
      h(
        'thead',
        { attrs: { role: 'rowgroup' } },
        h(
          'tr',
          { attrs: { role: 'row' } },
          head('Name'),
          head('State'),
          head('Uptime', 'r'),
          head('Restarts', 'r'),
          head('Memory', 'r'),
          head('Requests', 'r'),
          head('Process', 'r'),
          h(
            'th',
            { class: 'acts', attrs: { role: 'columnheader', scope: 'col' } },
            h('span', { class: 'sr' }, 'Actions'),
          ),
        ),
      ),
      h(
        'tbody',
        { attrs: { role: 'rowgroup' } },
        view.rows.map((each) => row(each, view.memoryLimitBytes, now, deeds)),
      ),
    ),
  );
}

function row(view: ReplicaView, limit: number | undefined, now: number, deeds: Deeds): VElement {
  const cell = (
    name: string,
    label: string | undefined,
    ...children: readonly (Child | readonly Child[])[]
  ): VElement => h('td', { class: name, attrs: { role: 'cell', 'data-label': label } }, ...children);
  return h(
    'tr',
    { key: String(view.number), class: view.restarts > 0 ? 'restarted' : '', attrs: { role: 'row' } },
    h('th', { class: 'c-name', attrs: { role: 'rowheader', scope: 'row' } }, `replica ${String(view.number)}`),
    cell('c-state', undefined, state(view.state)),
    cell('c-up r', 'up', view.startedAt === undefined ? '–' : duration(now - view.startedAt)),
    cell(
      'c-rest r',
      undefined,
      count(view.restarts),
      view.restarts > 0 &&
        h('span', { class: 'narrow-only' }, view.restarts === 1 ? '\u00a0restart' : '\u00a0restarts'),
    ),
    cell('c-mem r', 'memory', memory(view.memoryBytes, limit)),
    cell('c-req r', 'requests', count(view.requests)),
    cell('c-pid r', 'process', view.pid === undefined ? '–' : String(view.pid)),
    h(
      'td',
      { class: 'acts', attrs: { role: 'cell' } },
      h(
        'span',
        { class: 'bar' },
        iconButton('output', `Logs of replica ${String(view.number)}`, () => {
          deeds.logs({ replica: view.number });
        }),
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
  const percent = Math.round(Math.min(1, used / limit) * 100);
  return [
    same ? `${now.value} ` : `${now.value} ${now.unit} `,
    h('span', { class: 'unit' }, `of ${all.value} ${all.unit}`),
    h(
      'svg',
      { class: 'meter', attrs: { viewBox: '0 0 100 4', preserveAspectRatio: 'none', 'aria-hidden': 'true' } },
      h('rect', { class: 'track', attrs: { width: 100, height: 4 } }),
      h('rect', { class: 'fill', attrs: { width: percent, height: 4 } }),
    ),
  ];
}
