import * as vscode from 'vscode';
import type { Comparison } from '../../app/requests/compare';
import type { SavedRequest } from '../../app/requests/requestsText';
import { writtenAs } from '../../app/requests/sideBySide';
import { latencyText, replyText, statusText } from '../../app/requests/verdictText';
import type { InferenceResponse } from '../../core/backend';
import { ServingError, messageOf, type Remedy } from '../../core/errors';
import { prettyJson } from '../../core/jsonText';
import { t } from '../../core/l10n';
import type { ServingRef } from '../../core/serving';
import { remedyLabel } from '../../platform/notify';
import type { CommandId } from '../commands/ids';

/** Of a message whose reply can be accepted: the manifest's menus ask for it. */
const WITH_REPLY = 'modelServingReply';
/** A longer reply is cut, in characters: the editor that compares stands still with it. */
const LONGEST_SHOWN = 200_000;

/** What is wrong with a reply, a message for each part; those with an expected text open side by side. */
export function failureMessages(
  item: vscode.TestItem,
  { expect }: SavedRequest,
  reply: InferenceResponse,
  { status, latency, reply: differences }: Comparison,
): readonly vscode.TestMessage[] {
  const hasDifferences = differences.list.length > 0;
  const actual = shown(reply.body);
  return [
    ...(status
      ? [diff(statusText(status), `${status.expected}`, `${status.actual}\n${hasDifferences ? '' : actual}`)]
      : []),
    ...(hasDifferences
      ? [diff(replyText(differences), shown(writtenAs(expect?.reply ?? '', reply.body, expect?.tolerance)), actual)]
      : []),
    ...(latency ? [new vscode.TestMessage(latencyText(latency))] : []),
  ].map((message) => at(item, message));
}

/** A link below a message that runs a command. */
export interface CommandLink {
  readonly label: string;
  readonly command: CommandId | 'workbench.trust.manage';
  readonly args?: readonly unknown[];
}

/** Why there is no reply, with what can be done about it. */
export function errorMessage(
  item: vscode.TestItem,
  text: string,
  links: readonly CommandLink[] = [],
): vscode.TestMessage {
  const markdown = new vscode.MarkdownString();
  markdown.appendText(text);
  if (links.length > 0) {
    markdown.isTrusted = { enabledCommands: links.map(({ command }) => command) };
    const written = links.map(({ label, command, args = [] }) => {
      const query = args.length === 0 ? '' : `?${encodeURIComponent(JSON.stringify(args))}`;
      return `[${label}](command:${command}${query})`;
    });
    markdown.appendMarkdown(`\n\n${written.join(' · ')}`);
  }
  return at(item, new vscode.TestMessage(links.length > 0 ? markdown : text));
}

/** The same for what a backend rejected with. */
export function rejectionMessage(item: vscode.TestItem, error: unknown, ref: ServingRef): vscode.TestMessage {
  const remedies: readonly Remedy[] = error instanceof ServingError ? error.remedies : [];
  const links = remedies.flatMap((remedy): readonly CommandLink[] => {
    const command = COMMANDS[remedy.kind];
    return command ? [{ label: remedyLabel(remedy), command, args: [ref] }] : [];
  });
  const logs: CommandLink = { label: t('Show Logs'), command: 'modelServing.serving.logs', args: [ref] };
  return errorMessage(item, messageOf(error), links.length > 0 ? links : [logs]);
}

/** Remedies that are one command for the serving. */
const COMMANDS: Partial<Record<Remedy['kind'], CommandId>> = {
  start: 'modelServing.serving.start',
  restart: 'modelServing.serving.restart',
  stopAndStart: 'modelServing.serving.restart',
  showLogs: 'modelServing.serving.logs',
  edit: 'modelServing.serving.edit',
};

function diff(text: string, expected: string, actual: string): vscode.TestMessage {
  const message = vscode.TestMessage.diff(text, expected, actual.trimEnd());
  message.contextValue = WITH_REPLY;
  return message;
}

function at(item: vscode.TestItem, message: vscode.TestMessage): vscode.TestMessage {
  if (item.uri && item.range) {
    message.location = new vscode.Location(item.uri, item.range.start);
  }
  return message;
}

function shown(json: string): string {
  const text = prettyJson(json) ?? json;
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text;
}
