import { importX } from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

/** Layers of the host code and what each may not import (the picture is in CONTRIBUTING.md). */
const LAYERS = {
  core: ['files', 'app', 'backends', 'environments', 'platform', 'protocol', 'ui', 'localApi', 'compose', 'extension'],
  files: ['app', 'backends', 'environments', 'platform', 'protocol', 'ui', 'localApi', 'compose', 'extension'],
  protocol: ['files', 'app', 'backends', 'environments', 'platform', 'ui', 'localApi', 'compose', 'extension'],
  environments: ['app', 'backends', 'platform', 'protocol', 'ui', 'localApi', 'compose', 'extension'],
  backends: ['app', 'platform', 'protocol', 'ui', 'localApi', 'compose', 'extension'],
  app: ['backends', 'environments', 'platform', 'protocol', 'ui', 'localApi', 'compose', 'extension'],
  platform: ['app/!(wizard)', 'backends', 'environments', 'protocol', 'ui', 'localApi', 'compose', 'extension'],
  ui: ['backends', 'environments', 'localApi', 'compose', 'extension'],
  localApi: ['backends', 'environments', 'platform', 'protocol', 'ui', 'compose', 'extension'],
};
const WITHOUT_VSCODE = ['core', 'files', 'protocol', 'environments', 'backends', 'app', 'localApi'];
const BACKENDS = ['process', 'docker', 'hopsworks'];
/** What the process and the docker backend share; it knows neither of them. */
const SHARED = { files: ['src/backends/local/**/*.ts'], group: BACKENDS.map((b) => `**/${b}/**`) };

/** A module that only one file may name. */
const DOORS = {
  axios: 'src/backends/http.ts',
  dockerode: 'src/backends/docker/engine.ts',
};
const SPAWNERS = [
  'src/environments/run.ts',
  'src/backends/docker/engine/sshAgent.ts',
  'src/backends/docker/engine/registryLogin.ts',
  'src/backends/process/serverProcess.ts',
  'src/backends/process/processes.ts',
];

/** A call that only one file may make. */
const CALLS = [
  { selector: "CallExpression[callee.property.name='registerCommand']", only: 'src/ui/commands/register.ts' },
  { selector: "Literal[value='setContext']", only: 'src/platform/contextKeys.ts' },
  { selector: "CallExpression[callee.property.name='getConfiguration']", only: 'src/platform/settings.ts' },
  { selector: "CallExpression[callee.name='acquireVsCodeApi']", only: 'webview/common/host.ts' },
  { selector: 'TSEnumDeclaration', only: '' },
  { selector: 'ExportDefaultDeclaration', only: '' },
];

const doors = (file, layer) => [
  ...Object.entries(DOORS)
    .filter(([, door]) => door !== file)
    .map(([name, door]) => ({ name, message: `only in ${door}` })),
  ...(SPAWNERS.includes(file)
    ? []
    : ['child_process', 'node:child_process'].map((name) => ({ name, message: `only in ${SPAWNERS.join(', ')}` }))),
  ...(WITHOUT_VSCODE.includes(layer) ? [{ name: 'vscode', message: `${layer} does not know VS Code` }] : []),
];
const patterns = (layer) => [
  {
    group: (LAYERS[layer] ?? []).flatMap((l) => [`**/${l}`, `**/${l}/**`]),
    message: `${layer} may not import this layer`,
  },
];
const calls = (file) =>
  CALLS.filter((c) => c.only !== file).map((c) => ({
    selector: c.selector,
    message: c.only ? `only in ${c.only}` : 'not used in this project',
  }));

const layerRules = Object.keys(LAYERS).map((layer) => ({
  files: [`src/${layer}/**/*.ts`],
  rules: { 'no-restricted-imports': ['error', { paths: doors('', layer), patterns: patterns(layer) }] },
}));
const siblingRules = BACKENDS.map((backend) => ({
  files: [`src/backends/${backend}/**/*.ts`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        paths: doors('', 'backends'),
        patterns: [
          ...patterns('backends'),
          {
            group: [
              ...BACKENDS.filter((b) => b !== backend).map((b) => `**/${b}/**`),
              ...(backend === 'hopsworks' ? ['**/local/**'] : []),
            ],
            message: 'a backend never imports another',
          },
        ],
      },
    ],
  },
}));
const sharedRules = {
  files: SHARED.files,
  rules: {
    'no-restricted-imports': [
      'error',
      {
        paths: doors('', 'backends'),
        patterns: [
          ...patterns('backends'),
          { group: SHARED.group, message: 'it is shared by backends and knows none' },
        ],
      },
    ],
  },
};
const doorRules = [...Object.values(DOORS), ...SPAWNERS].map((file) => {
  const layer = file.split('/')[1];
  return {
    files: [file],
    rules: { 'no-restricted-imports': ['error', { paths: doors(file, layer), patterns: patterns(layer) }] },
  };
});
const callRules = [...new Set(CALLS.map((c) => c.only).filter(Boolean))].map((file) => ({
  files: [file],
  rules: { 'no-restricted-syntax': ['error', ...calls(file)] },
}));

export default tseslint.config(
  { ignores: ['dist/**', 'node_modules/**', '.cache/**', 'media/**', 'src/server/**', '**/*.mjs', '**/*.js'] },
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    plugins: { 'import-x': importX },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    settings: {
      'import-x/resolver': { typescript: true },
      'import-x/extensions': ['.ts'],
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts'] },
    },
    rules: {
      'import-x/no-cycle': 'error',
      'import-x/no-default-export': 'error',
      'no-restricted-syntax': ['error', ...calls('')],
      'no-console': 'error',
      eqeqeq: 'error',
      curly: 'error',
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', ignoreRestSiblings: true, varsIgnorePattern: '^_' },
      ],
    },
  },
  ...layerRules,
  ...siblingRules,
  sharedRules,
  ...doorRules,
  ...callRules,
  {
    files: ['test/**/*.ts'],
    rules: {
      'no-restricted-imports': 'off',
      'no-restricted-syntax': 'off',
      'no-console': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      'max-lines': 'off',
    },
  },
  { files: ['vitest.config.mts'], rules: { 'import-x/no-default-export': 'off', 'no-restricted-syntax': 'off' } },
);
