import { h, icon } from '../dom';
import type { VElement } from '../dom';
import { t } from '../l10n';
import { button } from '../text';

/** Whether a list follows what comes. */
export function following({ follow, live }: { readonly follow: boolean; readonly live: boolean }): VElement {
  if (!follow) {
    return h('span', { class: 'state idle' }, icon('debug-pause'), t('not following'));
  }
  return h(
    'span',
    { class: `state ${live ? 'running' : 'idle'}` },
    icon('arrow-circle-down'),
    live ? t('following') : t('following, not running'),
  );
}

/** Reading failed: why, and the way on. */
export function failed(problem: string, again: () => void): VElement {
  return h(
    'span',
    { key: 'problem', class: 'state failed problem', attrs: { role: 'status' } },
    icon('error'),
    h('span', {}, problem),
    button(t('Read Again'), again),
  );
}
