import type { ServingAction } from '../../core/actions';
import { replicas } from '../../core/counts';
import { pieces, t } from '../../core/l10n';
import type { ScalingChange, ScalingState } from '../../core/gateway';
import type { Serving } from '../../core/serving';
import type { TextPart } from '../../protocol/views/basics';
import type { DecisionView, RuleView, ScalingView } from '../../protocol/views/scaling';

/** Below the table of replicas a serving whose number cannot change says nothing of it. */
export function toScaling(serving: Serving, actions: readonly ServingAction[]): ScalingView | undefined {
  const { run, state, definition, kind } = serving;
  if (kind !== 'docker' || run === undefined || state === 'stopped' || state === 'creating' || state === 'failed') {
    return undefined;
  }
  const { min, max } = definition.replicas;
  const canEdit = actions.includes('edit');
  const count = run.replicas.length;
  if (max <= min) {
    const note = t('The number is fixed at {0}. With a higher maximum it follows the load.', replicas(min));
    return { note, canEdit, rows: [], decisions: [] };
  }
  const { scaling } = run;
  const idle = t('No window decides now: the number stays at {0}.', String(count));
  return {
    note: t('{0}, from {1} to {2}', replicas(count), String(min), String(max)),
    canEdit,
    ...(scaling?.isActive === true ? {} : { idle }),
    rows: [{ label: t('Load'), parts: loadOf(serving) }, ...(scaling === undefined ? [] : rulesOf(scaling))],
    decisions: [...(scaling?.decisions ?? [])].reverse().map(toDecision),
  };
}

function loadOf({ run, definition }: Serving): readonly TextPart[] {
  const ready = run?.replicas.filter((each) => each.state === 'ready').length ?? 0;
  const inFlight = run?.gateway?.inFlight;
  if (inFlight === undefined) {
    return [t('Not known: the gateway cannot be asked.')];
  }
  const who = ready === 1 ? t('1 replica that is ready') : t('{0} replicas that are ready', ready);
  if (inFlight === 0) {
    return [t('No requests in flight at {0}.', who)];
  }
  const each = inFlight / Math.max(ready, 1);
  const isTooMuch = each > (run?.scaling?.thresholds.inFlight ?? Infinity);
  const isMost = (run?.replicas.length ?? 0) >= definition.replicas.max;
  const values: readonly TextPart[] = [{ kind: 'count', value: inFlight }, figure(each), who];
  return [
    ...(inFlight === 1
      ? pieces('{0} request in flight, {1} for each of {2}.', ...values)
      : pieces('{0} requests in flight, {1} for each of {2}.', ...values)),
    isTooMuch && isMost ? t(' That is too much for them, but there may be no more.') : '',
  ];
}

function rulesOf({ rule }: ScalingState): readonly RuleView[] {
  return [
    { label: t('Up'), parts: [rule.more] },
    { label: t('Down'), parts: [rule.fewer] },
    {
      label: t('Pause'),
      parts: [t('{0} While no window of this folder is open, the number stays as it is.', rule.pause)],
    },
  ];
}

function toDecision({ at, from, to, reason }: ScalingChange): DecisionView {
  // The change itself has a column of its own.
  const why = reason.replace(/^\d+ → \d+: /, '');
  return { at: at.getTime(), from, to, reason: `${why.charAt(0).toUpperCase()}${why.slice(1)}` };
}

/** 1.7, 4, 0. */
function figure(value: number): string {
  return String(Math.round(value * 10) / 10);
}
