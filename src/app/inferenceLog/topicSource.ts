import type { InferenceRecord, RecordedBody, RecordPart, RecordSource } from '../../core/inferenceLog';
import type { KafkaBroker, TopicRecord, TopicStart } from '../../core/kafka';
import { t } from '../../core/l10n';

/** The reply of a request that came just now may be on its way. */
const PAIR_MS = 2000;
/** Each look is a process of its own, which has to find the broker first. */
const PAUSE_MS = 5000;

/**
 * A topic's records, of any of the inference schemas: which one each is of is found out by reading it. The two messages
 * of version 4 with one id become one record.
 */
export function topicSource(
  broker: Pick<KafkaBroker, 'connection' | 'read'>,
  topic: string,
  from: TopicStart,
  now: () => number = Date.now,
): RecordSource {
  const halves = new Halves();
  return {
    pauseMs: PAUSE_MS,
    label: t('{0} at {1}', topic, broker.connection()?.brokers ?? ''),
    async read(since, signal): Promise<RecordPart> {
      if (since === undefined) {
        halves.clear();
      }
      const start = since === undefined ? from : { offsets: JSON.parse(since) as Record<string, number> };
      const part = await broker.read(topic, start, { signal, report: () => undefined });
      const whole = part.records.flatMap((each) => (each.schemaVersion === 4 ? halves.add(each) : [toRecord(each)]));
      const alone = part.atEnd ? halves.take(now() - PAIR_MS) : [];
      return {
        records: [...whole, ...alone].sort((one, other) => one.time - other.time),
        troubles: [
          ...(part.strange === 0 ? [] : [t('{0} messages are no records of an inference log', part.strange)]),
          ...(part.skipped === 0 ? [] : [t('{0} messages are gone: the broker has deleted them', part.skipped)]),
        ],
        next: JSON.stringify(part.next),
      };
    },
  };
}

/** Messages of version 4 whose other half has not come yet. */
class Halves {
  private readonly waiting = new Map<string, TopicRecord>();

  clear(): void {
    this.waiting.clear();
  }

  add(message: TopicRecord): readonly InferenceRecord[] {
    const id = message.inferenceId ?? '';
    const other = this.waiting.get(id);
    if (id === '' || (other !== undefined && other.messageType === message.messageType)) {
      return [toRecord(message)];
    }
    if (other === undefined) {
      this.waiting.set(id, message);
      return [];
    }
    this.waiting.delete(id);
    return [toRecord(message, other)];
  }

  /** Those that came before; nobody waits for their other half any more. */
  take(before: number): readonly InferenceRecord[] {
    const old = [...this.waiting].filter(([, { requestTimestamp }]) => requestTimestamp <= before);
    return old.map(([id, message]) => {
      this.waiting.delete(id);
      return toRecord(message);
    });
  }
}

function toRecord(message: TopicRecord, other?: TopicRecord): InferenceRecord {
  const both = other === undefined ? [message] : [message, other];
  const half = (kind: string): string | undefined => both.find(({ messageType }) => messageType === kind)?.payload;
  const [request, reply] =
    message.schemaVersion === 4
      ? [half('request'), half('response')]
      : // What a mode leaves out is an empty text there.
        [message.inferenceRequest, message.inferenceResponse].map((text) => (text === '' ? undefined : text));
  // A logger that knows no status of the request tells it with the reply.
  const answered = both.find(({ messageType }) => messageType === 'response') ?? message;
  return {
    time: message.requestTimestamp,
    id: message.inferenceId ?? '',
    serving: message.modelName,
    model: message.modelName,
    version: message.modelVersion,
    // A topic does not say it; nearly all requests are for it.
    verb: 'predict',
    status: answered.responseHttpCode,
    headers: {},
    ...(request === undefined ? {} : { request: toBody(request) }),
    ...(reply === undefined ? {} : { reply: toBody(reply) }),
  };
}

/** Bytes that are no text are a data URL in a topic, and what was not kept says so (the server's avro.py). */
function toBody(text: string): RecordedBody {
  const data = /^data:([^;,]*);base64,([A-Za-z0-9+/]*={0,2})$/.exec(text);
  if (data) {
    const base64 = data[2] ?? '';
    return { bytes: Buffer.byteLength(base64, 'base64'), base64, ...(data[1] ? { type: data[1] } : {}) };
  }
  const withheld = /^\[withheld: (.*)\]$/s.exec(text)?.[1];
  return withheld === undefined ? { bytes: Buffer.byteLength(text), text } : { bytes: 0, withheld };
}
