import type { ContainerLogLine } from './port';

const HEADER = 8;
/** A program that prints without end and without line ends does not fill the memory. */
const LONGEST_LINE = 1_000_000;
const STDERR = 2;

type Stream = ContainerLogLine['stream'];

/**
 * Lines out of the engine's multiplexed log stream with timestamps: frames of 8 bytes of header (stream, length) and
 * their text, cut anywhere into chunks. A long line comes in several frames, each with its own time: the first counts.
 */
export class LogFrames {
  private rest: Buffer = Buffer.alloc(0);
  private readonly open = new Map<Stream, { time: string; readonly parts: Buffer[]; length: number }>();

  add(chunk: Buffer): readonly ContainerLogLine[] {
    this.rest = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    const lines: ContainerLogLine[] = [];
    let at = 0;
    while (this.rest.length - at >= HEADER) {
      const length = this.rest.readUInt32BE(at + 4);
      if (this.rest.length - at < HEADER + length) {
        break;
      }
      const stream = this.rest.readUInt8(at) === STDERR ? 'stderr' : 'stdout';
      lines.push(...this.frame(stream, this.rest.subarray(at + HEADER, at + HEADER + length)));
      at += HEADER + length;
    }
    this.rest = this.rest.subarray(at);
    return lines;
  }

  /** What had no line end when the stream ended. */
  end(): readonly ContainerLogLine[] {
    return (['stdout', 'stderr'] as const).flatMap((stream) => this.close(stream));
  }

  private frame(stream: Stream, payload: Buffer): readonly ContainerLogLine[] {
    const ended = payload.at(-1) === 0x0a;
    const space = payload.indexOf(0x20);
    const stamped = space > 0 && TIME.test(payload.toString('latin1', 0, space));
    const time = stamped ? payload.toString('latin1', 0, space) : '';
    const text = payload.subarray(stamped ? space + 1 : 0, ended ? -1 : undefined);
    const line = this.open.get(stream) ?? { time, parts: [], length: 0 };
    this.open.set(stream, line);
    line.parts.push(Buffer.from(text.subarray(0, Math.max(0, LONGEST_LINE - line.length))));
    line.length += text.length;
    return ended ? this.close(stream) : [];
  }

  private close(stream: Stream): readonly ContainerLogLine[] {
    const line = this.open.get(stream);
    this.open.delete(stream);
    return line ? [{ stream, time: line.time, text: Buffer.concat(line.parts).toString().replace(/\r$/, '') }] : [];
  }
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
