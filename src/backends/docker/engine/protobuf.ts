/** One field of a protobuf message: a number for varints, bytes for what has a length. */
export interface Field {
  readonly number: number;
  readonly value: number | Buffer;
}

const VARINT = 0;
const FIXED64 = 1;
const LENGTH = 2;
const FIXED32 = 5;

/** The fields of a message in wire format; what is cut off or not known ends the list. https://protobuf.dev/programming-guides/encoding */
export function* fieldsOf(message: Buffer): Generator<Field> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let factor = 1; at < message.length; factor *= 128) {
      const byte = message.readUInt8(at);
      at += 1;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) {
        break;
      }
    }
    return value;
  };
  while (at < message.length) {
    const key = varint();
    const number = Math.floor(key / 8);
    const kind = key % 8;
    if (kind === VARINT) {
      yield { number, value: varint() };
    } else if (kind === LENGTH) {
      const length = varint();
      if (at + length > message.length) {
        return;
      }
      yield { number, value: message.subarray(at, at + length) };
      at += length;
    } else if (kind === FIXED64 || kind === FIXED32) {
      at += kind === FIXED64 ? 8 : 4;
    } else {
      return;
    }
  }
}

/** A message of text fields, by their numbers. */
export function textMessage(fields: Readonly<Record<number, string>>): Buffer {
  return Buffer.concat(Object.entries(fields).map(([number, text]) => dataMessage(Number(number), text)));
}

/** A message of one field of text or bytes. */
export function dataMessage(number: number, data: string | Uint8Array): Buffer {
  const bytes = Buffer.from(data as Uint8Array);
  return Buffer.concat([Buffer.from([number * 8 + LENGTH]), varintOf(bytes.length), bytes]);
}

function varintOf(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 128) + 0x80);
    rest = Math.floor(rest / 128);
  }
  return Buffer.from([...bytes, rest]);
}
