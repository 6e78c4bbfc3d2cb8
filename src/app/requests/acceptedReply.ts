import { findNodeAtLocation } from 'jsonc-parser';
import type { InferenceResponse } from '../../core/backend';
import { ServingError } from '../../core/errors';
import { t } from '../../core/l10n';
import { compareReply } from './compare';
import { toExpected } from './expected';
import { RequestsEdit } from './requestsEdit';
import { rootOf, toRequest, valueOf, type SavedRequest } from './requestsText';

const REPLY = 'the reply that was accepted goes here';

/**
 * The text with a reply as what is expected of its request from now on. Tolerance and limit of latency stay, as does the
 * golden reply where this one is as good; of a reply that is no JSON only the status is expected. Throws `invalid` when
 * the request was changed since it was sent, or when nothing is to be accepted.
 */
export function withReply(before: string, sent: SavedRequest, actual: InferenceResponse): string {
  const edit = new RequestsEdit(before);
  const { requests } = rootOf(edit.text);
  const at = requests.findIndex((node) => valueOf(node, 'name') === sent.name);
  const node = requests[at];
  const request = node && toRequest(node, edit.text);
  if (node === undefined || request?.body !== sent.body || request.verb !== sent.verb) {
    throw new ServingError(
      'invalid',
      t('Could not accept the reply: {0} was changed since it was sent, run it again', sent.name),
    );
  }
  const path = ['requests', at, 'expect'];
  const { reply, status, latency } = compareReply(request.expect, actual);
  const { tolerance, ...rest } = toExpected(actual);
  if (reply.list.length === 0 && status === undefined) {
    throw new ServingError(
      'invalid',
      latency === undefined
        ? t('Could not accept the reply: it is what {0} expects already', sent.name)
        : t('Could not accept the reply: it is as {0} expects it, only too late: change latencyMs there', sent.name),
    );
  }
  const expect = findNodeAtLocation(node, ['expect']);
  if (expect !== undefined && expect.type !== 'object') {
    edit.set(path, {});
  }
  if (status !== undefined || expect === undefined) {
    edit.set([...path, 'status'], rest.status);
  }
  if (rest.reply === undefined) {
    edit.set([...path, 'reply'], undefined);
  } else if (request.expect?.reply === undefined || reply.list.length > 0) {
    edit.set([...path, 'reply'], REPLY);
    if (request.expect?.tolerance === undefined && tolerance !== undefined) {
      edit.set([...path, 'tolerance'], tolerance);
    }
    edit.put(REPLY, rest.reply);
  }
  return edit.done();
}
