import type { TrafficSection, TrafficView, Values } from '../../src/protocol/views/traffic';
import { h } from '../common/dom';
import type { Child, VElement } from '../common/dom';
import { t } from '../common/l10n';
import { clockTime, count, latency, rate, time } from '../common/numbers';
import { iconButton, link, quantity } from '../common/text';
import { bar, chart, curve, stairs, WIDTH } from './chart';
import type { Deeds } from './deeds';
import { section } from './parts';
import { Scale } from './scale';

const none = (): string => t('No traffic in 15 min');

export interface TrafficOptions {
  readonly section: TrafficSection;
  readonly charts: TrafficView | undefined;
  readonly isPaused: boolean;
  readonly now: number;
}

/** How the serving is used. Drawn anew only when there is something new to draw. */
export class TrafficCharts {
  private readonly scales = {
    requests: new Scale(1),
    latency: new Scale(1),
    errors: new Scale(2),
    inFlight: new Scale(2),
  };
  private drawn: { readonly of: TrafficOptions; readonly as: VElement } | undefined;
  /** What is shown while it is paused. */
  private held: TrafficView | undefined;

  view(options: TrafficOptions, deeds: Deeds): VElement {
    this.held = options.isPaused ? (this.held ?? options.charts) : undefined;
    const next = { ...options, charts: this.held ?? options.charts };
    const before = this.drawn?.of;
    const isSame =
      before?.charts === next.charts && before?.section === next.section && before.isPaused === next.isPaused;
    if (this.drawn === undefined || !isSame) {
      this.drawn = { of: next, as: this.draw(next, deeds) };
    }
    return this.drawn.as;
  }

  private draw(options: TrafficOptions, deeds: Deeds): VElement {
    const { section: about, charts, isPaused, now } = options;
    const target = about.link?.target;
    return section(
      'traffic',
      t('Traffic'),
      [
        h('span', { key: 'note', class: 'note' }, noteOf(options)),
        charts !== undefined &&
          h(
            'span',
            { key: 'end', class: 'end' },
            iconButton(
              isPaused ? 'debug-continue' : 'debug-pause',
              t('Pause live charts'),
              () => {
                deeds.pause(!isPaused);
              },
              { 'aria-pressed': String(isPaused) },
            ),
          ),
      ],
      about.text !== undefined &&
        h(
          'p',
          { key: 'text', class: 'prose dim' },
          about.text,
          target !== undefined && ' ',
          target !== undefined &&
            link(about.link?.text ?? '', () => {
              deeds.open(target);
            }),
        ),
      charts !== undefined && h('div', { key: 'charts', class: 'charts' }, this.charts(charts, about, now)),
      charts === undefined &&
        about.text === undefined &&
        h('p', { key: 'none', class: 'dim' }, t('The first figures come within a few seconds.')),
    );
  }

  private charts(view: TrafficView, about: TrafficSection, now: number): readonly Child[] {
    return [
      this.requests(view, now),
      this.latency(view, about, now),
      this.errors(view, now),
      view.inFlight !== undefined && this.inFlight(view, view.inFlight, now),
    ];
  }

  private requests(view: TrafficView, now: number): VElement {
    const { requests } = view;
    const top = this.scales.requests.topFor(highest(requests), now);
    const { now: current } = view;
    const [low, high] = [lowest(requests), highest(requests)];
    const nowText = current.requests === undefined ? t('not known now') : t('now {0}', rate(current.requests));
    return chart({
      ...span(view),
      key: 'requests',
      name: t('Requests'),
      now: [big(current.requests === undefined ? '–' : rate(current.requests)), unit('/s')],
      top,
      shapes: [curve('line', 's-line', requests, top)],
      sentence: view.hasTraffic
        ? t('Requests per second, {0}: between {1} and {2}, {3}', spanText(view), rate(low), rate(high), nowText)
        : t('Requests per second, {0}: none', spanText(view)),
      empty: view.hasTraffic ? undefined : none(),
    });
  }

  private latency(view: TrafficView, about: TrafficSection, now: number): VElement {
    const { p50, p95, now: current } = view;
    const high = Math.max(highest(p95), highest(p50));
    // Above a second the axis is in seconds.
    const topMs = this.scales.latency.topFor(high, now);
    const inSeconds = topMs >= 1000;
    const text = (ms: number | undefined): string => {
      const { value, unit: of } = latency(ms ?? 0);
      return ms === undefined ? t('not known') : `${value} ${of}`;
    };
    return chart({
      ...span(view),
      key: 'latency',
      name: t('Latency'),
      beside: inSeconds ? t('axis in s') : undefined,
      now: [series('p50', 's-line', current.p50), series('p95', 's-line two', current.p95)].flat(),
      top: inSeconds ? topMs / 1000 : topMs,
      shapes: [curve('p50', 's-line', p50, topMs), curve('p95', 's-line two', p95, topMs)],
      sentence: view.hasTraffic
        ? t(
            'Latency, {0}: median now {1}, 95th percentile now {2}, highest {3}',
            spanText(view),
            text(current.p50),
            text(current.p95),
            text(high),
          )
        : t('Latency, {0}: no requests', spanText(view)),
      empty: view.hasTraffic ? about.withoutLatency : none(),
    });
  }

  private errors(view: TrafficView, now: number): VElement {
    const { errors, serverErrors, clientErrors, now: current } = view;
    const top = this.scales.errors.topFor(Math.max(0, ...errors.map(({ server, client }) => server + client)), now);
    const steps = view.requests.length;
    const all = serverErrors + clientErrors;
    return chart({
      ...span(view),
      key: 'errors',
      name: t('Errors'),
      beside: all === 0 ? t('none in 15 min') : t('{0} in 15 min', count(all)),
      now: [
        keyOf('server', 's-bar'),
        h('span', { key: 'server-key', class: 'series' }, '5xx'),
        big(count(current.serverErrors), 'server-now'),
        keyOf('client', 's-bar client'),
        h('span', { key: 'client-key', class: 'series' }, '4xx'),
        big(count(current.clientErrors), 'client-now'),
        unit('/min'),
      ],
      top,
      shapes: errors.flatMap(({ step, steps: width, server, client }) => {
        // A small gap tells one minute from the next.
        const place = { x: (step / steps) * WIDTH, width: Math.max(1, (width / steps) * WIDTH - 1) };
        const key = String(step + width);
        return [
          server > 0 && bar(`server ${key}`, 's-bar', { ...place, below: 0, value: server }, top),
          client > 0 && bar(`client ${key}`, 's-bar client', { ...place, below: server, value: client }, top),
        ];
      }),
      sentence: t(
        'Errors per minute, {0}: {1} with 5xx and {2} with 4xx in all, in the last minute {3} and {4}',
        spanText(view),
        count(serverErrors),
        count(clientErrors),
        count(current.serverErrors),
        count(current.clientErrors),
      ),
    });
  }

  private inFlight(view: TrafficView, values: Values, now: number): VElement {
    const top = this.scales.inFlight.topFor(highest(values), now);
    const current = view.now.inFlight;
    const peak = count(highest(values));
    const nowText = current === undefined ? t('not known now') : t('now {0}', count(current));
    return chart({
      ...span(view),
      key: 'inFlight',
      name: t('In flight'),
      beside: t('peak {0}', peak),
      now: [big(current === undefined ? '–' : count(current)), unit(current === 1 ? t('request') : t('requests'))],
      top,
      shapes: [stairs('stairs', 's-line', values, top)],
      sentence: t('Requests in flight, {0}: highest {1}, {2}', spanText(view), peak, nowText),
    });
  }
}

function noteOf({ section: { note }, charts, isPaused, now }: TrafficOptions): string {
  if (isPaused && charts !== undefined) {
    return t('{0}, paused at {1}', note, clockTime(charts.to));
  }
  return charts?.staleSince === undefined ? note : t('{0}, as of {1}', note, time(charts.staleSince, now));
}

function span({ from, to }: TrafficView): { readonly from: number; readonly to: number } {
  return { from, to };
}

function spanText({ from, to }: TrafficView): string {
  return t('{0} to {1}', clockTime(from), clockTime(to));
}

function big(text: string, key = 'now'): VElement {
  return h('b', { key }, text);
}

function unit(text: string): VElement {
  return h('span', { key: 'unit', class: 'unit' }, text);
}

/** A value with the sample of its line before it. */
function series(name: string, classes: string, ms: number | undefined): readonly Child[] {
  const [value, of] =
    ms === undefined ? ['–'] : quantity(latency(ms)).map((each) => (typeof each === 'string' ? each.trim() : each));
  return [
    h(
      'span',
      { key: `${name} key`, class: 'series' },
      h(
        'svg',
        { attrs: { viewBox: '0 0 16 8', 'aria-hidden': 'true' } },
        h('line', { class: classes, attrs: { x1: 0, x2: 16, y1: 4, y2: 4 } }),
      ),
      name,
    ),
    h('b', { key: name }, value),
    of,
  ];
}

function keyOf(key: string, classes: string): VElement {
  return h(
    'svg',
    { key, class: 'sample', attrs: { viewBox: '0 0 8 8', 'aria-hidden': 'true' } },
    h('rect', { class: classes, attrs: { x: 0.5, y: 0.5, width: 7, height: 7 } }),
  );
}

function highest(values: Values): number {
  return values.reduce<number>((most, each) => Math.max(most, each ?? 0), 0);
}

function lowest(values: Values): number {
  const known = values.filter((each) => each !== null);
  return known.length === 0 ? 0 : Math.min(...known);
}
