import type { ServingAction } from '../../core/actions';
import type { ScalingChange, ScalingState, Serving } from '../../core/serving';
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
    const note = `The number is fixed at ${replicas(min)}. With a higher maximum it follows the load.`;
    return { note, canEdit, rows: [], decisions: [] };
  }
  const { scaling } = run;
  const idle = `No window decides now: the number stays at ${String(count)}.`;
  return {
    note: `${replicas(count)}, from ${String(min)} to ${String(max)}`,
    canEdit,
    ...(scaling?.isActive === true ? {} : { idle }),
    rows: [{ label: 'Load', parts: loadOf(serving) }, ...(scaling === undefined ? [] : rulesOf(scaling))],
    decisions: [...(scaling?.decisions ?? [])].reverse().map(toDecision),
  };
}

function loadOf({ run, definition }: Serving): readonly TextPart[] {
  const ready = run?.replicas.filter((each) => each.state === 'ready').length ?? 0;
  const inFlight = run?.gateway?.inFlight;
  if (inFlight === undefined) {
    return ['Not known: the gateway cannot be asked.'];
  }
  const each = figure(inFlight / Math.max(ready, 1));
  const isMost = (run?.replicas.length ?? 0) >= definition.replicas.max;
  return [
    { kind: 'count', value: inFlight },
    ` ${inFlight === 1 ? 'request' : 'requests'} in flight, ${each} for each of ${replicas(ready)} that ${ready === 1 ? 'is' : 'are'} ready.`,
    isMost ? ' There may be no more replicas.' : '',
  ];
}

function rulesOf({ rule }: ScalingState): readonly RuleView[] {
  return [
    { label: 'Up', parts: [rule.more] },
    { label: 'Down', parts: [rule.fewer] },
    { label: 'Pause', parts: [`${rule.pause} While no window of this folder is open, the number stays as it is.`] },
  ];
}

function toDecision({ at, from, to, reason }: ScalingChange): DecisionView {
  // The change itself has a column of its own.
  const why = reason.replace(/^\d+ → \d+: /, '');
  return { at: at.getTime(), from, to, reason: `${why.charAt(0).toUpperCase()}${why.slice(1)}` };
}

function replicas(count: number): string {
  return `${String(count)} ${count === 1 ? 'replica' : 'replicas'}`;
}

/** 1.7, 4, 0. */
function figure(value: number): string {
  return String(Math.round(value * 10) / 10);
}
