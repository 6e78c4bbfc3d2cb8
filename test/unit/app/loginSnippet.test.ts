import { expect, it } from 'vitest';
import type { ApiPlace } from '../../../src/app/localApis';
import { CLIENTS, loginSnippet } from '../../../src/app/loginSnippet';

const PLACE: ApiPlace = {
  address: 'https://127.0.0.1:28443',
  port: 28443,
  project: 'demo',
  projectId: 1,
  user: 'demo__ada',
  folder: 'C:\\Users\\ada "x"\\demo',
  apiKeyFile: 'C:\\Users\\ada "x"\\api.key',
  certificate: 'C:\\Users\\ada "x"\\crt.pem',
  clients: 'C:\\Users\\ada "x"\\clients',
};

it.each(CLIENTS)('$id: address, project, key file and certificate stand in it, as literals of Python', ({ id }) => {
  const snippet = loginSnippet(id, PLACE);
  expect(snippet).toContain('28443');
  expect(snippet).toContain('"demo"');
  expect(snippet).toContain('"C:\\\\Users\\\\ada \\"x\\"\\\\api.key"');
  expect(snippet.endsWith('\n')).toBe(true);
});

it('certificates are checked, but by hsml, which cannot', () => {
  const checked = CLIENTS.filter(({ id }) => loginSnippet(id, PLACE).includes('crt.pem')).map(({ id }) => id);
  expect(checked).toEqual(['hopsworks', 'hops', 'hopsOwn']);
});
