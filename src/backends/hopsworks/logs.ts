import type { LogLevel, LogLine, LogOptions } from '../../core/backend';
import { isCancelled, ServingError, toServingError } from '../../core/errors';
import { t } from '../../core/l10n';
import { HopsworksError, isPassing, isTheir } from './failures';
import { isCut, Tail } from './tail';
import { pause, type Timing } from './timing';
import { ERROR, type LogsView } from './wire';

type Component = 'predictor' | 'transformer';

export interface LogSource {
  readonly name: string;
  readonly timing: Timing;
  /** Those that it has now; undefined: there is no such serving. */
  components(signal: AbortSignal): Promise<readonly Component[] | undefined>;
  read(component: Component, tail: number, signal: AbortSignal): Promise<readonly LogsView[]>;
  /** What is kept of instances that have ended as well; absent where the server keeps none. */
  history?(component: Component, tail: number, signal: AbortSignal): Promise<readonly LogsView[]>;
}

const COMPONENTS: readonly Component[] = ['predictor', 'transformer'];
/** Lines asked for with each look, as long as nothing was missed, and at the most. */
const USUAL = 500;
const MOST = 100_000;

/**
 * Hopsworks tells the last lines of each instance, without times or numbers: what is new is found by comparing with what
 * was there before, and more lines are asked for until the two meet.
 */
export async function* readLogs(source: LogSource, options: LogOptions, signal: AbortSignal): AsyncGenerator<LogLine> {
  const what = t('Could not read the logs of {0}', source.name);
  const instances = new Instances();
  let isFirst = true;
  if (options.tail === 0 && !options.follow) {
    return;
  }
  while (!(signal.aborted && options.follow)) {
    try {
      const lines = await look(source, instances, isFirst, options, signal);
      isFirst = false;
      instances.areLate = true;
      yield* lines;
    } catch (error) {
      if (signal.aborted && options.follow) {
        return;
      }
      if (!options.follow || !isPassing(error)) {
        throw error;
      }
    }
    if (!options.follow) {
      return;
    }
    await pause(source.timing.pollMs, what, signal).catch(() => undefined);
  }
}

async function look(
  source: LogSource,
  instances: Instances,
  isFirst: boolean,
  { tail, follow }: LogOptions,
  signal: AbortSignal,
): Promise<readonly LogLine[]> {
  const components = await source.components(signal);
  const found: LogLine[] = [];
  if (isFirst && tail !== 0 && source.history) {
    for (const component of components ?? COMPONENTS) {
      found.push(...(await past(source, source.history.bind(source), instances, component, tail ?? MOST, signal)));
    }
  }
  for (const component of components ?? []) {
    const wanted = isFirst ? (tail ?? MOST) : USUAL;
    found.push(...(await linesOf(source, instances, component, Math.max(wanted, USUAL), !follow, signal)));
  }
  return isFirst && tail !== undefined ? (tail === 0 ? [] : found.slice(-tail)) : found;
}

/** The pieces of each instance, in their order; a server that does not tell them has none. */
async function past(
  { name }: LogSource,
  history: NonNullable<LogSource['history']>,
  instances: Instances,
  component: Component,
  tail: number,
  signal: AbortSignal,
): Promise<readonly LogLine[]> {
  let views: readonly LogsView[];
  try {
    views = await history(component, tail, signal);
  } catch (error) {
    if (isCancelled(error) || !(error instanceof HopsworksError)) {
      throw toServingError(error, 'internal', t('Could not read the past of {0}', name));
    }
    return [];
  }
  const texts = new Map<string, string>();
  for (const { instanceName, content } of [...views].sort(byTime)) {
    const piece = content === '' || content.endsWith('\n') ? content : `${content}\n`;
    texts.set(instanceName, (texts.get(instanceName) ?? '') + piece);
  }
  const whole = [...texts].map(([instanceName, content]) => ({ instanceName, content }));
  return whole.flatMap((view) =>
    instances.of(component, view).take(view.content, Number.MAX_SAFE_INTEGER, false, false),
  );
}

function byTime({ timestamp: a = '' }: LogsView, { timestamp: b = '' }: LogsView): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

async function linesOf(
  source: LogSource,
  instances: Instances,
  component: Component,
  wanted: number,
  isLast: boolean,
  signal: AbortSignal,
): Promise<readonly LogLine[]> {
  const read = (tail: number): Promise<readonly LogsView[]> => available(() => source.read(component, tail, signal));
  let tail = wanted;
  let views = await read(tail);
  while (tail < MOST && views.some((view) => instances.of(component, view).needsMore(view.content, tail))) {
    tail = Math.min(MOST, tail * 8);
    views = await read(tail);
  }
  const lines = take(instances, component, views, tail, isLast);
  // What was cut off may be the end: fewer lines are asked for until all of them come.
  while (tail > 1 && views.some((view) => isCut(view.content))) {
    tail = Math.floor(tail / 2);
    views = await read(tail);
    lines.push(...take(instances, component, views, tail, isLast));
  }
  return lines;
}

function take(
  instances: Instances,
  component: Component,
  views: readonly LogsView[],
  tail: number,
  isLast: boolean,
): LogLine[] {
  return views.flatMap((view) => instances.of(component, view).take(view.content, tail, isLast));
}

/** One that is stopped has no logs: nothing, and nothing is wrong. */
async function available(read: () => Promise<readonly LogsView[]>): Promise<readonly LogsView[]> {
  try {
    return await read();
  } catch (error) {
    if (isTheir(error, ERROR.logsNotAvailable)) {
      return [];
    }
    if (isTheir(error, ERROR.noKubernetes)) {
      throw new ServingError('unavailable', t('{0}: look into the logs in Hopsworks itself', error.message), {
        cause: error,
      });
    }
    throw error;
  }
}

/** Instances get their numbers in the order in which they are seen. */
class Instances {
  /** Those that are seen for the first time from now on were not there at the beginning. */
  areLate = false;
  private readonly known = new Map<string, Instance>();

  of(component: Component, { instanceName }: LogsView): Instance {
    const key = `${component}\n${instanceName}`;
    let instance = this.known.get(key);
    if (!instance) {
      const number = [...this.known.values()].filter((each) => each.component === component).length + 1;
      instance = new Instance(component, instanceName, number, this.areLate);
      this.known.set(key, instance);
    }
    return instance;
  }
}

class Instance {
  private readonly tail: Tail;
  private lastTime = 0;

  constructor(
    readonly component: Component,
    private readonly name: string,
    private readonly number: number,
    isLate: boolean,
  ) {
    this.tail = new Tail(isLate);
  }

  needsMore(content: string, asked: number): boolean {
    return this.tail.needsMore(content, asked);
  }

  take(content: string, asked: number, isLast: boolean, cut?: boolean): readonly LogLine[] {
    const { lines, gap } = this.tail.take(content, asked, isLast, cut);
    const told = lines.map((text) => this.line(text));
    const missing = this.line(
      t('Lines of {0} are missing here: more came than Hopsworks tells at once', this.name),
      'WARN',
    );
    return gap ? [missing, ...told] : told;
  }

  private line(text: string, level: LogLevel = levelOf(text)): LogLine {
    this.lastTime = timeOf(text) ?? Math.max(this.lastTime, Date.now());
    return {
      time: this.lastTime,
      level,
      logger: this.component,
      replica: this.number,
      message: text.replace(STAMP, ''),
      fields: { instance: this.name, component: this.component },
    };
  }
}

/** What the local API puts before each line: both are shown by themselves. */
const STAMP = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z (?:DEBUG|INFO|WARN|ERROR) /;

/** The level that a line begins with, as Python's loggers write it. */
function levelOf(text: string): LogLevel {
  const word = /\b(DEBUG|INFO|WARN(?:ING)?|ERROR|CRITICAL|FATAL)\b/.exec(text.slice(0, 80))?.[1];
  switch (word) {
    case 'DEBUG':
      return 'DEBUG';
    case 'WARN':
    case 'WARNING':
      return 'WARN';
    case 'ERROR':
    case 'CRITICAL':
    case 'FATAL':
      return 'ERROR';
    default:
      return 'INFO';
  }
}

/** The time that a line begins with, if it does. Without a zone it is UTC, as in containers. */
function timeOf(text: string): number | undefined {
  const found = /^\[?(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:[.,](\d{1,9}))?(Z|[+-]\d{2}:?\d{2})?/.exec(text);
  if (!found) {
    return undefined;
  }
  const [, day = '', clock = '', part = '0', zone = 'Z'] = found;
  const time = Date.parse(
    `${day}T${clock}.${part.padEnd(3, '0').slice(0, 3)}${zone.replace(/^([+-]\d{2})(\d{2})$/, '$1:$2')}`,
  );
  return Number.isNaN(time) ? undefined : time;
}
