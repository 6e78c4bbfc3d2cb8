import { describe, expect, it } from 'vitest';
import { parseMetrics, readServerMetrics } from '../../../src/backends/local/serverMetrics';
import type { HttpRequest, HttpResponse } from '../../../src/backends/http';
import { Random } from '../../fakes/random';

const times = { count: 3, sum: 0.01, bounds: [0.001, 0.01], counts: [1, 2, 0], p50: 0.001 };
const page = {
  time: '2026-11-29T14:32:00Z',
  name: 'iris',
  version: '1.0',
  totals: {
    requests: [
      { verb: 'predict', protocol: 'v1', status: 200, count: 7 },
      { verb: 'predict', protocol: 'v2', status: 400, count: 2 },
      { verb: 'classify', protocol: 'v1', status: 500, count: 1 },
    ],
    requestSeconds: { predict: times, classify: times },
    inFlight: 2,
  },
  workers: [
    { replica: 1, pid: 7, memoryBytes: 1000, cpuSeconds: 1.5, requests: 6, requestSeconds: times },
    { replica: 2, pid: 8, memoryBytes: null, requests: 4 },
  ],
};

describe("a server's metrics", () => {
  it('are read: replies by class, latency of all verbs together, each worker', () => {
    const latency = { bounds: [0.001, 0.01], counts: [1, 2, 0] };
    expect(parseMetrics(JSON.stringify(page))).toEqual({
      name: 'iris',
      replies: 10,
      clientErrors: 2,
      serverErrors: 1,
      inFlight: 2,
      latency: { ...latency, counts: [2, 4, 0] },
      workers: [
        { number: 1, requests: 6, latency, cpuSeconds: 1.5, memoryBytes: 1000 },
        { number: 2, requests: 4 },
      ],
    });
  });

  it.each(['', '[]', 'null', '{"name":"iris"}', '{"totals":{}}', '<html>', '{"name":1,"totals":{}}'])(
    'are not what is no page of ours: %s',
    (text) => {
      expect(parseMetrics(text)).toBeUndefined();
    },
  );

  it('bear anything else in their places', () => {
    const random = new Random(11);
    for (let round = 0; round < 500; round++) {
      const odd = (): unknown => random.json(['requests', 'count', 'status', 'bounds', 'counts', 'replica']);
      const totals = { requests: odd(), requestSeconds: odd(), inFlight: odd() };
      const metrics = parseMetrics(JSON.stringify({ name: 'x', totals, workers: odd() }));
      expect(metrics?.replies).toBeGreaterThanOrEqual(0);
      expect(metrics?.inFlight).toBeGreaterThanOrEqual(0);
    }
  });

  it("are asked for as ours, with the serving's token; anything but 200 says why", async () => {
    const sent: HttpRequest[] = [];
    const http = {
      send: (request: HttpRequest): Promise<HttpResponse> => {
        sent.push(request);
        return Promise.resolve({ status: 401, statusText: '', headers: {}, body: '{}', latencyMs: 1 });
      },
    };
    const url = 'http://127.0.0.1:1/metrics.json';
    const asked = readServerMetrics(http, url, 'secret', new AbortController().signal);
    await expect(asked).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('401') as string,
    });
    expect(sent[0]?.headers).toEqual({ 'x-model-serving-metrics': '1', authorization: 'Bearer secret' });
  });
});
