import { describe, expect, it } from 'vitest';
import { manifest, textOf } from './manifest';

const { properties } = manifest.contributes.configuration;
const contributed = Object.keys(properties);
const source = textOf('src/platform/settings.ts');
const read = [...source.matchAll(/this\.(?:text|number|read|flag|list)\('([\w.]+)'/g)].map(
  ([, key = '']) => `modelServing.${key}`,
);

describe('settings', () => {
  it('that are read are those that are contributed', () => {
    expect(read.length).toBeGreaterThan(4);
    expect([...new Set(read)].sort()).toEqual([...contributed].sort());
  });

  it('have a default of their type, a scope and a description', () => {
    for (const [name, { type, default: value, scope, markdownDescription }] of Object.entries(properties)) {
      expect(type === 'integer' ? Number.isInteger(value) : typeof value === type, name).toBe(true);
      expect(['machine-overridable', 'window', 'resource', 'machine']).toContain(scope);
      expect(markdownDescription, name).toMatch(/\.$/);
    }
  });

  it('that name a program are restricted in untrusted workspaces', () => {
    const { restrictedConfigurations } = manifest.capabilities.untrustedWorkspaces;
    for (const name of restrictedConfigurations) {
      expect(contributed).toContain(name);
    }
    for (const name of contributed.filter((each) => /path$/i.test(each))) {
      expect(restrictedConfigurations).toContain(name);
    }
  });

  it('named by remedies are there', () => {
    const named = [...textOf('src/ui/commands/remedies.ts').matchAll(/'(modelServing\.process\.\w+)'/g)];
    expect(named.length).toBeGreaterThan(2);
    for (const [, name = ''] of named) {
      expect(contributed).toContain(name);
    }
  });
});
