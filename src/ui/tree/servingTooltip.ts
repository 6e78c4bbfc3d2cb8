import * as vscode from 'vscode';
import type { Endpoint, Serving } from '../../core/serving';
import { formatAge } from './age';
import { readyReplicas, stateLook } from './stateWords';

/** What a hover over a serving says: state with its age, where it answers, what runs, and where to go from here. */
export function servingTooltip(serving: Serving): vscode.MarkdownString {
  const text = new vscode.MarkdownString(undefined, true);
  text.isTrusted = {
    enabledCommands: ['modelServing.serving.open', 'modelServing.serving.logs', 'modelServing.serving.copyEndpoint'],
  };
  const { icon, word } = stateLook(serving);
  const { run, definition } = serving;
  text.appendMarkdown(`**${serving.ref.name}**\n\n$(${icon.replace('~spin', '')}) ${word}`);
  if (run && serving.state === 'running') {
    text.appendText(` for ${formatAge(Date.now() - run.startedAt.getTime())}\n`);
    text.appendText(`${readyReplicas(serving)} of ${definition.replicas.min} replicas`);
  }
  if (serving.reason !== undefined) {
    text.appendText(`\n\n${serving.reason}`);
  }
  text.appendMarkdown('\n\n---\n\n| | |\n|---|---|\n');
  const rows: readonly (readonly [string, string])[] = [
    ['Backend', 'This computer'],
    ['Model', `${definition.model.name} v${definition.model.version}`],
    ['Script', definition.script],
    ...(run?.endpoint && serving.state === 'running' ? [['Endpoint', reachOf(run.endpoint)] as const] : []),
    ...(run?.artifact === undefined ? [] : [['Artifact', run.artifact] as const]),
    ...serving.differences.map(({ what, text: how }) => [`${what} differs`, how] as const),
  ];
  for (const [name, value] of rows) {
    text.appendMarkdown(`| ${name} | ${escapeCell(value)} |\n`);
  }
  const argument = encodeURIComponent(JSON.stringify([serving.ref]));
  text.appendMarkdown(
    `\n[Open](command:modelServing.serving.open?${argument}) · [Logs](command:modelServing.serving.logs?${argument})`,
  );
  if (serving.state === 'running') {
    text.appendMarkdown(` · [Copy URL](command:modelServing.serving.copyEndpoint?${argument})`);
  }
  return text;
}

function reachOf({ host, port, elsewhere }: Endpoint): string {
  return `${host}:${port}${elsewhere ? `, once there is a way to ${elsewhere.host}` : ''}`;
}

function escapeCell(text: string): string {
  return text.replace(/[\\`*_{}[\]()#+!|<>]/g, '\\$&').replace(/\n/g, ' ');
}
