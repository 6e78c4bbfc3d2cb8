import { layOut, prettyJson } from '../../../src/core/jsonText';
import type { PredictReply } from '../../../src/protocol/views/console';
import { h } from '../../common/dom';
import type { Child } from '../../common/dom';
import type { ReplyTab } from '../state';
import { coloured } from './editor';

/** Longer texts are not coloured, in characters: each piece is an element. */
const LONGEST_COLOURED = 40_000;

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
  const pretty = tab === 'pretty' ? (cutFrom === undefined ? prettyJson(body) : prettyPart(body)) : undefined;
  if (pretty === undefined) {
    return [body];
  }
  return pretty.length > LONGEST_COLOURED ? [pretty] : coloured(pretty);
}

/** The beginning of a JSON text; of anything else undefined. */
function prettyPart(body: string): string | undefined {
  return /^\s*[[{]/.test(body) ? layOut(body) : undefined;
}
