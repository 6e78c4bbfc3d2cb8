export interface Part {
  readonly name: string;
  readonly data: Buffer;
}

const BLANK = Buffer.from('\r\n\r\n');

/** The parts of a form that was sent as `multipart/form-data`; undefined when it is none. */
export function parseForm(type: string | undefined, body: Buffer): readonly Part[] | undefined {
  const [, quoted, plain] = /^multipart\/form-data\s*;.*?boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(type ?? '') ?? [];
  const boundary = quoted ?? plain;
  if (boundary === undefined) {
    return undefined;
  }
  const parts: Part[] = [];
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  const first = Buffer.from(`--${boundary}`);
  let at = body.indexOf(first);
  if (at < 0) {
    return undefined;
  }
  at += first.length;
  for (;;) {
    if (body.subarray(at, at + 2).toString('latin1') === '--') {
      return parts;
    }
    const head = body.indexOf(BLANK, at);
    const end = head < 0 ? -1 : body.indexOf(delimiter, head + 2);
    if (end < 0) {
      // It was cut off.
      return undefined;
    }
    const [, name] = /;\s*name="([^"]*)"/i.exec(body.subarray(at, head).toString('utf8')) ?? [];
    parts.push({ name: name ?? '', data: body.subarray(Math.min(head + BLANK.length, end), end) });
    at = end + delimiter.length;
  }
}
