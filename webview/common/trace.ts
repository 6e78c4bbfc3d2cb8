import type { FrameView, TraceView } from '../../src/protocol/views/startup';
import { h, icon } from './dom';
import type { VElement } from './dom';
import { t } from './l10n';
import { iconButton, link } from './text';

export interface TraceDeeds {
  /** Whether the folded frames are shown. */
  readonly open: boolean;
  readonly toggle: (open: boolean) => void;
  readonly openFrame: (file: string, line: number) => void;
  readonly copy: (text: string) => void;
}

/** A traceback: the frames of the user's code with links, the others folded. */
export function trace(view: TraceView, deeds: TraceDeeds): VElement {
  return h(
    'div',
    { class: 'code trace', attrs: { role: 'group', 'aria-label': t('Traceback') } },
    h(
      'div',
      { class: 'top' },
      h('span', {}, t('Traceback, most recent call last')),
      h('span', { class: 'grow' }),
      iconButton('copy', t('Copy traceback'), () => {
        deeds.copy(asText(view));
      }),
    ),
    h(
      'ol',
      {},
      folded(view.frames).map((group) =>
        group.length === 1 && group[0]?.user === true ? frame(group[0], deeds) : fold(group, deeds),
      ),
    ),
    h('p', { class: 'exc' }, h('b', { class: 'bad-text' }, view.type), view.text === '' ? '' : `: ${view.text}`),
  );
}

/** The user's frames one by one, the others between them together. */
function folded(frames: readonly FrameView[]): readonly (readonly FrameView[])[] {
  const groups: FrameView[][] = [];
  for (const each of frames) {
    const last = groups.at(-1);
    if (!each.user && last?.[0]?.user === false) {
      last.push(each);
    } else {
      groups.push([each]);
    }
  }
  return groups;
}

function fold(group: readonly FrameView[], deeds: TraceDeeds): VElement {
  const { open } = deeds;
  const many = group.length === 1 ? t('1 frame') : t('{0} frames', String(group.length));
  return h(
    'li',
    {},
    h(
      'button',
      {
        class: 'fold',
        attrs: { type: 'button', 'aria-expanded': String(open) },
        on: {
          click: () => {
            deeds.toggle(!open);
          },
        },
      },
      icon(open ? 'chevron-down' : 'chevron-right'),
      t('{0} of the server and of Python', many),
    ),
    open &&
      h(
        'ol',
        { class: 'frames' },
        group.map((each) => frame(each, deeds)),
      ),
  );
}

function frame(each: FrameView, deeds: TraceDeeds): VElement {
  return h(
    'li',
    {},
    each.user
      ? link(
          `${each.label}:${String(each.line)}`,
          () => {
            deeds.openFrame(each.file, each.line);
          },
          { title: each.file },
        )
      : h('span', { attrs: { title: each.file } }, `${each.label}:${String(each.line)}`),
    ' ',
    h('span', { class: 'dim' }, t('in {0}', each.function)),
    each.source !== '' && h('span', { class: 'src' }, each.source.trim()),
  );
}

/** As Python prints it. */
export function asText(view: TraceView): string {
  const lines = view.frames.flatMap((each) => [
    `  File "${each.file}", line ${String(each.line)}, in ${each.function}`,
    ...(each.source === '' ? [] : [`    ${each.source.trim()}`]),
  ]);
  return [
    'Traceback (most recent call last):',
    ...lines,
    view.text === '' ? view.type : `${view.type}: ${view.text}`,
    '',
  ].join('\n');
}
