import { expect, it } from 'vitest';
import { parseResources } from '../../../src/app/createServing/fieldText';

it.each([
  ['1, 1024', { cores: 1, memoryMb: 1024, gpus: 0 }],
  [' 0.5,512 ', { cores: 0.5, memoryMb: 512, gpus: 0 }],
  ['2, 4096, 1', { cores: 2, memoryMb: 4096, gpus: 1 }],
])('reads %s as resources', (text, resources) => {
  expect(parseResources(text)).toEqual(resources);
});

it.each(['', '1', '0, 1024', '1, 63', '1, 1024, ', 'one, 1024', '1; 1024', '-1, 1024'])('takes %j for none', (text) => {
  expect(parseResources(text)).toBeUndefined();
});
