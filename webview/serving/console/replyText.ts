import type { PredictReply } from '../../../src/protocol/views/console';
import { readableBody } from '../../common/coloured';
import { h } from '../../common/dom';
import type { Child } from '../../common/dom';
import type { ReplyTab } from '../state';

/** A reply as the page shows it. Made once for each tab: the page draws itself every second. */
export class ReplyText {
  private made: { readonly reply: PredictReply; readonly tab: ReplyTab; readonly text: readonly Child[] } | undefined;

  of(reply: PredictReply, tab: ReplyTab): readonly Child[] {
    if (this.made?.reply !== reply || this.made.tab !== tab) {
      this.made = { reply, tab, text: replyText(reply, tab) };
    }
    return this.made.text;
  }
}

function replyText(reply: PredictReply, tab: ReplyTab): readonly Child[] {
  const { body, cutFrom, headers } = reply;
  if (tab === 'headers') {
    return Object.entries(headers).map(([name, value]) =>
      h('span', { key: name, class: 'line' }, h('span', { class: 'tk-name' }, name), `: ${value}\n`),
    );
  }
  return tab === 'pretty' ? readableBody(body, cutFrom !== undefined) : [body];
}
