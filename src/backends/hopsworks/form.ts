import { randomBytes } from 'node:crypto';

/** A form with one file: the body of a call, and its type. */
export function formOf(
  fields: Readonly<Record<string, string>>,
  file: { readonly name: string; readonly data: Uint8Array },
): { readonly type: string; readonly body: Uint8Array } {
  const boundary = `----${randomBytes(16).toString('hex')}`;
  const head = (name: string, more = ''): string =>
    `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n`;
  const texts = Object.entries(fields).map(([name, value]) => `${head(name)}${value}\r\n`);
  return {
    type: `multipart/form-data; boundary=${boundary}`,
    body: Buffer.concat([
      Buffer.from(`${texts.join('')}${head('file', `; filename="${quoted(file.name)}"`)}`),
      file.data,
      Buffer.from(`\r\n--${boundary}--\r\n`),
    ]),
  };
}

/** As browsers write names into a form. */
function quoted(name: string): string {
  return name.replace(/"/g, '%22').replace(/\r/g, '%0D').replace(/\n/g, '%0A');
}
