import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { makeCertificate } from '../../src/localApi/certificate';
import { ApiPlace, KEY } from '../unit/localApi/apiPlace';
import { clientPython, runFlow, type ClientName } from './runClient';

let place: ApiPlace | undefined;
afterEach(() => place?.dispose());

it.each<[ClientName, 3 | 5]>([
  ['hsml', 3],
  ['hopsworks', 5],
])(
  '%s goes its whole way over the backend in memory',
  async (client, generation) => {
    const python = clientPython(client);
    place = await new ApiPlace().open(generation, makeCertificate(new Date()));
    place.world.scripts.set('Models/iris/1/predict.py', { predict: (inputs) => inputs });
    const scratch = join(place.root, 'client');
    await mkdir(scratch);
    const { code, output } = await runFlow(python, scratch, {
      PORT: String(place.ports.port),
      API_KEY: KEY,
      PROJECT: 'demo',
      MEMORY: '1',
      TMPDIR: scratch,
    });
    expect(output).toContain('ALL OK');
    expect(code).toBe(0);
    expect(place.warnings).toEqual([]);
    expect(place.world.texts.size).toBe(0);
  },
  120_000,
);
