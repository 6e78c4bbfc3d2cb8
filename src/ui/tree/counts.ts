import { t } from '../../core/l10n';
import type { Serving, ServingState } from '../../core/serving';

/** How many run, have failed and are idle: "2 running, 1 failed". */
export function countText(servings: readonly Serving[]): string {
  const count = (state: ServingState): number => servings.filter((serving) => serving.state === state).length;
  const [running, failed, idle] = [count('running'), count('failed'), count('idle')];
  return [
    ...(running > 0 ? [t('{0} running', running)] : []),
    ...(failed > 0 ? [t('{0} failed', failed)] : []),
    ...(idle > 0 ? [t('{0} idle', idle)] : []),
  ].join(', ');
}

/** For the badge of the view: how many failed, and which. Undefined while none has. */
export function failedBadge(
  servings: readonly Serving[],
): { readonly value: number; readonly tooltip: string } | undefined {
  const failed = servings.filter(({ state }) => state === 'failed').map(({ ref }) => ref.name);
  const named = failed.slice(0, 5).join(', ');
  const names = failed.length > 5 ? `${named} …` : named;
  return failed.length === 0
    ? undefined
    : {
        value: failed.length,
        tooltip:
          failed.length === 1 ? t('1 serving failed: {0}', names) : t('{0} servings failed: {1}', failed.length, names),
      };
}
