import * as vscode from 'vscode';
import type { ServingAction } from '../../core/actions';
import type { Endpoint, Serving } from '../../core/serving';
import { formatAge } from './age';
import { isDegraded, readyReplicas, stateLook } from './stateWords';

const OPEN = 'modelServing.serving.open';
const TEST = 'modelServing.serving.predict';
const COPY = 'modelServing.serving.copyEndpoint';
const LOGS = 'modelServing.serving.logs';

/** What a hover over a serving says: state with its age, where it answers, what runs, and where to go from here. */
export function servingTooltip(
  serving: Serving,
  place: string,
  actions: readonly ServingAction[],
): vscode.MarkdownString {
  const text = new vscode.MarkdownString(undefined, true);
  text.isTrusted = { enabledCommands: [OPEN, TEST, COPY, LOGS] };
  const { icon } = stateLook(serving);
  text.appendMarkdown(`**${escaped(serving.ref.name)}**\n\n$(${icon.replace('~spin', '')}) ${stateSentence(serving)}`);
  for (const line of factLines(serving)) {
    text.appendMarkdown(`  \n${escaped(line)}`);
  }
  text.appendMarkdown('\n\n---\n\n| | |\n|---|---|\n');
  for (const [name, value] of rowsOf(serving, place)) {
    text.appendMarkdown(`| ${name} | ${escaped(value)} |\n`);
  }
  text.appendMarkdown(`\n---\n\n${linksOf(serving, actions)}`);
  return text;
}

function stateSentence(serving: Serving): string {
  const { word } = stateLook(serving);
  const { run } = serving;
  if (serving.state !== 'running' || !run) {
    return word;
  }
  const age = formatAge(Date.now() - run.startedAt.getTime());
  return isDegraded(serving) ? `Running for ${age}, not all replicas` : `Running for ${age}`;
}

function factLines(serving: Serving): readonly string[] {
  const { run, definition, reason, state } = serving;
  const requests = run?.replicas.reduce((sum, each) => sum + each.requests, 0) ?? 0;
  const replicas = `${readyReplicas(serving)} of ${definition.replicas.min} replicas`;
  return [
    ...(run && state === 'running'
      ? [requests > 0 ? `${replicas}, ${requests.toLocaleString()} requests` : replicas]
      : []),
    ...(reason === undefined ? [] : [reason]),
  ];
}

function rowsOf(
  { definition, run, state, differences }: Serving,
  place: string,
): readonly (readonly [string, string])[] {
  const { model, script } = definition;
  return [
    ['Backend', place],
    ...(model.name === '' ? [] : [['Model', `${model.name} v${model.version}`] as const]),
    ...(script === '' ? [] : [['Script', script] as const]),
    ...(run?.endpoint && state === 'running' ? [['Endpoint', reachOf(run.endpoint)] as const] : []),
    ...(run?.artifact === undefined ? [] : [['Artifact', run.artifact] as const]),
    ...differences.map(({ what, text }) => [`${what} differs`, text] as const),
  ];
}

/** Only to what can be done now. */
function linksOf({ ref, run }: Serving, actions: readonly ServingAction[]): string {
  // A bracket would end the link.
  const argument = encodeURIComponent(JSON.stringify([ref])).replace(/[()]/g, (c) => (c === '(' ? '%28' : '%29'));
  const link = (label: string, command: string): string => `[${label}](command:${command}?${argument})`;
  return [
    ...(actions.includes('open') ? [link('Open', OPEN)] : []),
    ...(actions.includes('predict') ? [link('Test', TEST)] : []),
    ...(actions.includes('predict') && run?.endpoint ? [link('Copy URL', COPY)] : []),
    ...(actions.includes('logs') ? [link('Logs', LOGS)] : []),
  ].join(' · ');
}

function reachOf({ host, port, elsewhere }: Endpoint): string {
  return `${host}:${port}${elsewhere ? `, once there is a way to ${elsewhere.host}` : ''}`;
}

/** Text as text: neither Markdown, nor HTML, nor the icons that `$(…)` stands for. */
function escaped(text: string): string {
  return text
    .replace(/[\r\n]+/g, ' ')
    .replace(/[\\`*_{}[\]()#+!|~-]/g, '\\$&')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('$', '&#36;');
}
