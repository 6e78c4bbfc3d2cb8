import { ServingError } from '../../../core/errors';
import { t } from '../../../core/l10n';
import type { EngineCalls } from './calls';
import { LogFrames } from './logFrames';
import type * as port from './port';
import * as results from './results';

/** The lines of a container, as they come when they are followed. */
export async function* containerLogs(
  calls: EngineCalls,
  id: string,
  options: port.ContainerLogOptions,
  signal: AbortSignal,
): AsyncIterable<port.ContainerLogLine> {
  const what = t('Reading the log of a container');
  const frames = new LogFrames();
  const stream = await calls.stream(what, signal, {
    path: `/containers/${id}/logs?`,
    method: 'GET',
    options: {
      stdout: true,
      stderr: true,
      timestamps: true,
      follow: options.follow,
      ...(options.tail !== undefined && { tail: options.tail }),
      ...(options.since && { since: (options.since.getTime() / 1000).toFixed(3) }),
    },
  });
  for await (const chunk of calls.chunks(what, stream, signal)) {
    yield* frames.add(chunk);
  }
  yield* frames.end();
}

/** What happens to containers; it rejects when the engine ends the connection. */
export async function* events(
  calls: EngineCalls,
  labels: port.LabelFilter,
  signal: AbortSignal,
): AsyncIterable<port.EngineEvent> {
  const what = t('Following the events of the Docker engine');
  const filters = { type: ['container'], ...results.labelFilters(labels) };
  const stream = await calls.stream(what, signal, { path: '/events?', method: 'GET', options: { filters } });
  for await (const message of calls.messages<results.EventMessage>(what, stream, signal)) {
    const event = results.toEvent(message);
    if (event) {
      yield* results.withLabels([event], labels);
    }
  }
  if (!signal.aborted) {
    throw new ServingError('unreachable', t('{0}: the engine has ended the connection', what));
  }
}
