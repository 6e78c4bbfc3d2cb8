import type { ServingView } from '../../src/protocol/servingPanel';
import { h } from '../common/dom';
import type { VElement } from '../common/dom';
import type { Menu } from '../common/menu';
import { configuration } from './configuration';
import type { Deeds } from './deeds';
import type { TestConsole } from './console/testConsole';
import { endpoint } from './endpoint';
import { gateway } from './gateway';
import { header, health } from './header';
import { inferenceLog } from './inferenceLog';
import { replicas } from './replicas';
import { scaling } from './scaling';
import { lastGoodRun, startup } from './startup';
import type { PageState } from './state';
import type { TrafficCharts } from './traffic';
import type { TrafficView } from '../../src/protocol/views/traffic';

/** The whole page of a serving. A failed one turns round: start-up first; test and replicas are left out by its view. */
export function servingPage(
  view: ServingView,
  parts: { readonly menu: Menu; readonly console: TestConsole; readonly charts: TrafficCharts },
  options: { readonly state: PageState; readonly now: number; readonly traffic: TrafficView | undefined },
  deeds: Deeds,
): VElement {
  const { state, now } = options;
  const start = startup(view, { now, open: state.startupOpen, framesOpen: state.framesOpen }, deeds);
  const early = view.failed || start?.children.some((each) => typeof each !== 'string' && each.tag === 'ol');
  const where = view.endpoint && endpoint(view.endpoint, state.verb, view.test !== undefined, deeds);
  return h(
    'div',
    { class: 'page' },
    header(view, parts.menu, deeds),
    h(
      'main',
      {},
      health(view, now, deeds),
      early && start,
      view.lastGood !== undefined && lastGoodRun(view.lastGood, now, deeds),
      where,
      view.traffic !== undefined &&
        parts.charts.view(
          { section: view.traffic, charts: options.traffic, isPaused: state.isPaused === true, now },
          deeds,
        ),
      view.test !== undefined && parts.console.section(view.test, now),
      view.replicas !== undefined && replicas(view.replicas, now, deeds),
      view.gateway !== undefined && gateway(view.gateway, deeds),
      view.scaling !== undefined && scaling(view.scaling, { now, all: state.decisionsOpen === true }, deeds),
      !early && start,
      configuration(view.configuration, deeds),
      view.inferenceLog !== undefined && inferenceLog(view.inferenceLog, now, deeds),
    ),
  );
}

/** What is left when the serving is not there any more. */
export function gonePage(name: string, message: string): VElement {
  return h(
    'div',
    { class: 'page' },
    h('header', { class: 'head' }, h('div', { class: 'row' }, h('h1', {}, name))),
    h('main', {}, h('p', { class: 'health' }, message)),
  );
}
