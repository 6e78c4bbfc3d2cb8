import * as vscode from 'vscode';
import type { ServingAction } from '../../core/actions';
import { t } from '../../core/l10n';
import type { Endpoint, Serving } from '../../core/serving';
import { formatAge } from './age';
import { differsText, isDegraded, readyReplicas, stateLook } from './stateWords';

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
  return isDegraded(serving) ? t('Running for {0}, not all replicas', age) : t('Running for {0}', age);
}

function factLines(serving: Serving): readonly string[] {
  const { run, definition, reason, state } = serving;
  const requests = run?.replicas.reduce((sum, each) => sum + each.requests, 0) ?? 0;
  const replicas = t('{0} of {1} replicas', readyReplicas(serving), definition.replicas.min);
  return [
    ...(run && state === 'running'
      ? [requests > 0 ? t('{0}, {1} requests', replicas, requests.toLocaleString()) : replicas]
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
    [t('Backend'), place],
    ...(model.name === '' ? [] : [[t('Model'), `${model.name} v${model.version}`] as const]),
    ...(script === '' ? [] : [[t('Script'), script] as const]),
    ...(run?.endpoint && state === 'running' ? [[t('Endpoint'), reachOf(run.endpoint)] as const] : []),
    ...(run?.artifact === undefined ? [] : [[t('Artifact'), run.artifact] as const]),
    ...differences.map(({ what, text }) => [differsText(what), text] as const),
  ];
}

/** Only to what can be done now. */
function linksOf({ ref, run }: Serving, actions: readonly ServingAction[]): string {
  // A bracket would end the link.
  const argument = encodeURIComponent(JSON.stringify([ref])).replace(/[()]/g, (c) => (c === '(' ? '%28' : '%29'));
  const link = (label: string, command: string): string => `[${label}](command:${command}?${argument})`;
  return [
    ...(actions.includes('open') ? [link(t('Open'), OPEN)] : []),
    ...(actions.includes('predict') ? [link(t('Test'), TEST)] : []),
    ...(actions.includes('predict') && run?.endpoint ? [link(t('Copy URL'), COPY)] : []),
    ...(actions.includes('logs') ? [link(t('Logs'), LOGS)] : []),
  ].join(' · ');
}

function reachOf({ host, port, elsewhere }: Endpoint): string {
  const address = `${host}:${port}`;
  return elsewhere ? t('{0}, once there is a way to {1}', address, elsewhere.host) : address;
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
