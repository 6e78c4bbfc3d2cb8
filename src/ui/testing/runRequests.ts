import type * as vscode from 'vscode';
import { compareReply } from '../../app/requests/compare';
import type { SavedRequest } from '../../app/requests/requestsText';
import { ranText } from '../../app/requests/verdictText';
import type { ServingAction } from '../../core/actions';
import type { InferenceRequest, InferenceResponse } from '../../core/backend';
import { ServingError } from '../../core/errors';
import { t } from '../../core/l10n';
import type { Serving, ServingRef } from '../../core/serving';
import { stateLook } from '../tree/stateWords';
import { errorMessage, failureMessages, rejectionMessage, type CommandLink } from './testMessages';

export interface RunPorts {
  readonly trust: { readonly isTrusted: boolean };
  predict(ref: ServingRef, request: InferenceRequest, signal: AbortSignal): Promise<InferenceResponse>;
  actions(serving: Serving): readonly ServingAction[];
  requestOf(item: vscode.TestItem): SavedRequest | undefined;
  /** A request was answered, and passed or not. */
  answered(item: vscode.TestItem, request: SavedRequest, reply: InferenceResponse, hasPassed: boolean): void;
}

/** Beyond the limit that a serving sets itself: then it does not answer any more. */
const GRACE_MS = 10_000;

/** Sends the requests of one file, one after another, so that none waits for another and its latency is its own. */
export async function runRequests(
  run: vscode.TestRun,
  items: readonly vscode.TestItem[],
  serving: Serving | undefined,
  ports: RunPorts,
  signal: AbortSignal,
): Promise<void> {
  for (const item of items) {
    const request = ports.requestOf(item);
    const problem = problemOf(item) ?? problemOf(item.parent);
    const obstacle = obstacleOf(item.uri?.fsPath ?? '', serving, ports);
    if (signal.aborted) {
      run.skipped(item);
    } else if (problem !== undefined || request === undefined) {
      run.errored(item, errorMessage(item, problem ?? t('It holds no request.')));
    } else if ('text' in obstacle) {
      run.errored(item, errorMessage(item, obstacle.text, obstacle.links));
    } else {
      await runOne(run, item, request, obstacle, ports, signal);
    }
  }
}

interface Obstacle {
  readonly text: string;
  readonly links: readonly CommandLink[];
}

function problemOf(item: vscode.TestItem | undefined): string | undefined {
  const error = item?.error;
  return typeof error === 'string' ? error : error?.value;
}

/** Why nothing can be sent, and what to do about it; or the serving that takes it. */
function obstacleOf(file: string, serving: Serving | undefined, ports: RunPorts): Obstacle | Serving {
  const choose: CommandLink = {
    label: t('Choose Serving for Tests…'),
    command: 'modelServing.tests.chooseServing',
    args: [file],
  };
  if (!ports.trust.isTrusted) {
    return {
      text: t('Requests are sent once this workspace is trusted.'),
      links: [{ label: t('Manage Workspace Trust'), command: 'workbench.trust.manage' }],
    };
  }
  if (serving === undefined) {
    return { text: t('No serving is chosen that answers these requests.'), links: [choose] };
  }
  const allowed = ports.actions(serving);
  if (allowed.includes('predict')) {
    return serving;
  }
  const { ref } = serving;
  const start: CommandLink = { label: t('Start {0}', ref.name), command: 'modelServing.serving.start', args: [ref] };
  return {
    text: t('{0} does not answer: it is {1}.', ref.name, stateLook(serving).word.toLowerCase()),
    links: [...(allowed.includes('start') ? [start] : []), choose],
  };
}

async function runOne(
  run: vscode.TestRun,
  item: vscode.TestItem,
  request: SavedRequest,
  { ref, definition }: Serving,
  ports: RunPorts,
  signal: AbortSignal,
): Promise<void> {
  run.started(item);
  const limit = definition.limits.requestSeconds * 1000 + GRACE_MS;
  const late = AbortSignal.timeout(limit);
  const sentAt = performance.now();
  try {
    const { verb, body } = request;
    const reply = await ports.predict(ref, { verb, body }, AbortSignal.any([signal, late]));
    const comparison = compareReply(request.expect, reply);
    run.appendOutput(`${ranText(request.name, reply)}\r\n`, undefined, item);
    ports.answered(item, request, reply, comparison.hasPassed);
    if (comparison.hasPassed) {
      run.passed(item, reply.latencyMs);
    } else {
      run.failed(item, failureMessages(item, request, reply, comparison), reply.latencyMs);
    }
  } catch (error) {
    if (signal.aborted) {
      run.skipped(item);
      return;
    }
    const why = late.aborted
      ? new ServingError('timeout', t('{0} did not answer within {1} s', ref.name, Math.round(limit / 1000)))
      : error;
    run.errored(item, rejectionMessage(item, why, ref), performance.now() - sentAt);
  }
}
