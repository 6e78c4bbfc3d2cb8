import { expect, it, vi } from 'vitest';
import type { Serving } from '../../../src/core/serving';
import { servingTooltip } from '../../../src/ui/tree/servingTooltip';
import { FixedStore, servingOf } from './support';

vi.mock('vscode', () => import('../../manifest/vscodeFake'));

const store = new FixedStore([]);
const shown = (serving: Serving) => servingTooltip(serving, 'Docker, engine 27.3', store.actions(serving));
const run = {
  startedAt: new Date(Date.now() - 2 * 3600_000 - 14 * 60_000),
  stages: [],
  replicas: [
    { number: 1, state: 'ready', restarts: 0, requests: 1200 },
    { number: 2, state: 'ready', restarts: 0, requests: 34 },
  ],
  endpoint: { host: '127.0.0.1', port: 49213, url: 'http://127.0.0.1:49213/v1/models/iris' },
  artifact: 'iris_1_3',
} as const;

it('says state, age, replicas, where it answers, and leads to what can be done', () => {
  const iris = servingOf(
    'iris',
    { state: 'running', run, differences: [{ what: 'script', text: 'edited 14:28' }] },
    'docker',
  );
  const { value, isTrusted } = shown(iris);
  expect(value).toContain('**iris**\n\n$(pass-filled) Running for 2 h 14 min');
  expect(value).toContain('2 of 1 replicas, 1,234 requests');
  expect(value).toContain('| Backend | Docker, engine 27.3 |');
  expect(value).toContain('| Model | iris v1 |');
  expect(value).toContain('| Endpoint | 127.0.0.1:49213 |');
  expect(value).toContain('| script differs | edited 14:28 |');
  const links = [...value.matchAll(/\[([^\]]+)\]\(command:([\w.]+)\?([^)]*)\)/g)];
  expect(links.map(([, label]) => label)).toEqual(['Open', 'Test', 'Copy URL', 'Logs']);
  expect(isTrusted).toEqual({ enabledCommands: links.map(([, , id]) => id) });
  for (const [, , , argument = ''] of links) {
    expect(JSON.parse(decodeURIComponent(argument))).toEqual([iris.ref]);
  }
});

it('offers no request to what does not run', () => {
  const { value } = shown(servingOf('iris', { state: 'stopped' }));
  expect([...value.matchAll(/\[([^\]]+)\]\(command/g)].map(([, label]) => label)).toEqual(['Open', 'Logs']);
});

it('shows text as text, whatever is in it', () => {
  const evil = servingOf('x', {
    state: 'failed',
    reason: '[run](command:workbench.action.quit) $(error) <img src=x> | a\n# b',
    model: 'a|b',
  });
  const named = { ...evil, ref: { ...evil.ref, name: 'i](command:evil)**$(bug)' } };
  const { value } = shown(named);
  const outside = value.replace(/\[(Open|Logs)\]\(command:modelServing[^)]*\)/g, '');
  expect(outside).not.toMatch(/(?<!\\)\[[^\]]*(?<!\\)\]\(command/);
  expect(outside).not.toMatch(/\$\((?!error\) Failed)/);
  expect(outside).not.toContain('<img');
  expect(value).toContain('a\\|b v1');
  expect(value).not.toContain('\n# b');
});

it('keeps a link whole when the name of a place has brackets', () => {
  const iris = servingOf('iris', { state: 'stopped' }, 'process', '/w (copy)');
  const [, argument = ''] = /\[Open\]\(command:modelServing\.serving\.open\?([^)]*)\)/.exec(shown(iris).value) ?? [];
  expect(JSON.parse(decodeURIComponent(argument))).toEqual([iris.ref]);
});
