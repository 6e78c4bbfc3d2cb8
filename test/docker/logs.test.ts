import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { LogLine } from '../../src/core/backend';
import { Emitter } from '../../src/core/events';
import { toLogContainer } from '../../src/backends/docker/logs/container';
import { readLogs, type LogParts } from '../../src/backends/docker/logs/readLogs';
import { saveLog } from '../../src/backends/docker/logs/saved';
import type { Engine } from '../../src/backends/docker/engine/port';
import { host, image, NEVER, python, testEngine } from './place';
import { describeWithEngine } from './support/engine';
import { Relay } from './support/relay';

const folder = `logs-${Math.random().toString(36).slice(2, 10)}`;
/** Prints a record of the server's form every so many seconds, and counts. */
const PRINTS = `
import datetime, json, sys, time
name, count, every = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
for n in range(count):
    now = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    record = {"time": now, "level": "INFO", "logger": "stdout", "replica": 1, "request": f"r{n}", "message": f"{name} {n}"}
    print(json.dumps(record))
    time.sleep(every)
`;

describeWithEngine('the log of replicas', () => {
  let engine: Engine;
  let relayed: Engine;
  let relay: Relay;
  let runs: string;
  let changed: Emitter<undefined>;
  let parts: LogParts;
  let abort: AbortController;
  const labels = { 'model-serving': '1', 'model-serving.folder': folder };

  beforeAll(async () => {
    engine = await testEngine();
    if (!(await engine.inspectImage(image))) {
      await engine.pullImage(image, () => undefined, NEVER);
    }
    relay = await Relay.make(host);
    relayed = await testEngine(relay.address);
  });

  beforeEach(async () => {
    runs = await mkdtemp(join(tmpdir(), 'logs-'));
    changed = new Emitter();
    abort = new AbortController();
    parts = {
      engine: relayed,
      list: async (signal) =>
        (await relayed.listContainers(labels, signal)).map(toLogContainer).filter((each) => each !== undefined),
      onDidChange: changed.event,
      runs,
      filesOf: () => ({ fileOf: (file) => file.replace('/serving/Models/iris/1/', '/home/me/Models/iris/1/') }),
    };
  });

  afterEach(async () => {
    abort.abort();
    for (const { id } of await engine.listContainers(labels)) {
      await engine.removeContainer(id);
    }
    await rm(runs, { recursive: true, force: true });
  });

  afterAll(async () => {
    relayed.dispose();
    engine.dispose();
    await relay.dispose();
  });

  async function start(replica: number, count: number, every: number, code = PRINTS, run = 'run1'): Promise<string> {
    const made = python(code, {
      ...labels,
      'model-serving.role': 'replica',
      'model-serving.replica': String(replica),
      'model-serving.run': run,
    });
    const id = await engine.createContainer({
      ...made,
      command: [`c${String(replica)}`, String(count), String(every)],
    });
    await engine.startContainer(id);
    return id;
  }

  function follow(tail?: number): LogLine[] {
    const lines: LogLine[] = [];
    void (async () => {
      const options = { follow: true, ...(tail === undefined ? {} : { tail }) };
      for await (const line of readLogs(parts, options, abort.signal)) {
        lines.push(line);
      }
    })();
    return lines;
  }

  async function past(tail?: number): Promise<LogLine[]> {
    const lines: LogLine[] = [];
    const options = { follow: false, ...(tail === undefined ? {} : { tail }) };
    for await (const line of readLogs(parts, options, NEVER)) {
      lines.push(line);
    }
    return lines;
  }

  async function until(done: () => boolean): Promise<void> {
    for (let n = 0; n < 400 && !done(); n++) {
      await sleep(50);
    }
    expect(done()).toBe(true);
  }

  async function ends(id: string): Promise<void> {
    for (let n = 0; n < 200 && (await engine.inspectContainer(id))?.running !== false; n++) {
      await sleep(100);
    }
  }

  const counted = (count: number, replica: number): string[] =>
    Array.from({ length: count }, (_, n) => `c${String(replica)} ${String(n)}`);
  const of = (lines: readonly LogLine[], replica: number): string[] =>
    lines.filter((line) => line.replica === replica).map(({ message }) => message);
  const inOrder = (lines: readonly LogLine[]): boolean =>
    lines.every(({ time }, n) => n === 0 || time >= (lines[n - 1]?.time ?? 0));

  it('is one, in the order of time, with its tail', async () => {
    const ids = await Promise.all([1, 2, 3].map((replica) => start(replica, 200, 0.003)));
    await Promise.all(ids.map(ends));
    const lines = await past();
    expect(inOrder(lines)).toBe(true);
    for (const replica of [1, 2, 3]) {
      expect(of(lines, replica)).toEqual(counted(200, replica));
    }
    expect(lines[0]?.request).toBe('r0');
    expect(await past(50)).toEqual(lines.slice(-50));
  });

  it('goes on without a gap when the engine was away, and when replicas come and go', async () => {
    const first = await start(1, 400, 0.02);
    await start(2, 400, 0.02);
    const lines = follow();
    await until(() => lines.length > 50);
    for (let n = 0; n < 3; n++) {
      await relay.close();
      await sleep(400);
      await relay.open();
      const before = lines.length;
      await until(() => lines.length > before + 20);
    }
    const third = await start(3, 20, 0.01, PRINTS, 'run2');
    changed.fire(undefined);
    await ends(third);
    await ends(first);
    await saveLog(
      engine,
      {
        id: first,
        labels: {
          ...labels,
          'model-serving.role': 'replica',
          'model-serving.replica': '1',
          'model-serving.run': 'run1',
        },
      },
      runs,
      NEVER,
    );
    await engine.removeContainer(first);
    changed.fire(undefined);
    await until(() => lines.length >= 820);
    await sleep(700);
    expect(of(lines, 1)).toEqual(counted(400, 1));
    expect(of(lines, 2)).toEqual(counted(400, 2));
    expect(of(lines, 3)).toEqual(counted(20, 3));
    const all = await past();
    expect(all.length).toBe(820);
    expect(inOrder(all)).toBe(true);
  });

  it('has a container that is gone, and what is no record, with the files of the workspace', async () => {
    const code = `
import os, sys
os.write(1, b"from C\\n")
exec(compile("\\n\\nraise ValueError('no')", "/serving/Models/iris/1/p.py", "exec"))
`;
    const id = await start(1, 0, 0, code);
    await ends(id);
    const [found] = await engine.listContainers(labels);
    await saveLog(engine, found!, runs, NEVER);
    await engine.removeContainer(id);
    const lines = await past();
    const [first, ...rest] = lines.sort((a, b) => Number(a.level === 'ERROR') - Number(b.level === 'ERROR'));
    expect(first).toMatchObject({ level: 'INFO', message: 'from C', replica: 1, fields: { stream: 'stdout' } });
    const text = rest.map(({ message }) => message).join('\n');
    expect(text).toContain('File "/home/me/Models/iris/1/p.py", line 3, in <module>');
    expect(text).toContain('ValueError: no');
  });

  it('goes on when the same container starts again', async () => {
    const id = await start(1, 5, 0.01);
    const lines = follow();
    await until(() => lines.length === 5);
    await ends(id);
    await engine.startContainer(id);
    changed.fire(undefined);
    await until(() => lines.length === 10);
    await sleep(500);
    expect(of(lines, 1)).toEqual([...counted(5, 1), ...counted(5, 1)]);
    expect(relay.requests.length).toBeGreaterThan(0);
    await sleep(300);
    relay.requests.length = 0;
    await sleep(1500);
    expect(relay.requests).toEqual([]);
  });
});
