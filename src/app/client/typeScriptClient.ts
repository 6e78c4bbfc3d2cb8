import { notesOf, toClientType, type ClientField, type ClientType } from './clientType';
import { className, literal, plainWords } from './names';
import type { ServingApi, ServingCall } from './servingApi';

/** A module with one typed method for each verb, on `fetch` alone: browsers, Node 18 or later, Deno. */
export function typeScriptClient(api: ServingApi): string {
  const types = new Types();
  const name = className(api.name) === 'ServingError' ? 'ServingErrorClient' : className(api.name);
  const methods = api.calls.map((call) => method(call, types));
  const host = api.host === undefined ? '' : `\n      Host: ${literal(api.host)},`;
  return `// A client of the serving ${plainWords(api.name)}, written from what it says of its calls.
// ${plainWords(api.description)}

export const URL_OF_SERVING = ${literal(api.url)};

${types.text()}/** The serving did not answer with a prediction: \`status\` is that of HTTP, 0 when nothing answered. */
export class ServingError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly reply?: unknown,
  ) {
    super(message);
    this.name = 'ServingError';
  }
}

export interface ClientOptions {
  readonly url?: string;
  readonly token?: string;
  readonly signal?: AbortSignal;
}

export class ${name} {
  constructor(private readonly options: ClientOptions = {}) {}

${methods.join('\n')}
  private async call(verb: string, inputs: unknown): Promise<unknown> {
    const { url = URL_OF_SERVING, token, signal } = this.options;
    const headers: Record<string, string> = {
      'Content-Type': 'application/json',
      Accept: 'application/json',${host}
    };
    if (token !== undefined) {
      headers.Authorization = \`${api.scheme ?? 'Bearer'} \${token}\`;
    }
    const body = JSON.stringify({ inputs });
    const init = { method: 'POST', headers, body, ...(signal === undefined ? {} : { signal }) };
    let response: Response;
    try {
      response = await fetch(\`\${url.replace(/\\/+$/, '')}:\${verb}\`, init);
    } catch (error) {
      throw new ServingError(0, \`\${url} does not answer: \${String(error)}\`);
    }
    const text = await response.text();
    let reply: unknown = text;
    try {
      reply = JSON.parse(text);
    } catch {
      // What is no JSON is told as it is.
    }
    const told = reply as { readonly predictions?: unknown; readonly error?: unknown };
    if (!response.ok) {
      throw new ServingError(response.status, typeof told.error === 'string' ? told.error : text, reply);
    }
    return told.predictions;
  }
}
`;
}

function method({ verb, inputs, outputs, sample }: ServingCall, types: Types): string {
  const stem = className(verb);
  const wanted = toClientType(inputs);
  const [takes, gives] = [types.of(wanted, `${stem}Inputs`), types.of(toClientType(outputs), `${stem}Outputs`)];
  const notes = notesOf(wanted).map((note) => ` ${plainWords(note)}.`);
  const example = sample === undefined || sample.length > 300 ? '' : ` Such as ${plainWords(sample)}`;
  return `  /** What \`${verb}\` of the script returns.${notes.join('')}${example} */
  async ${verb}(inputs: ${takes}): Promise<${gives}> {
    return (await this.call('${verb}', inputs)) as ${gives};
  }
`;
}

/** Type expressions, and the interfaces that they name. */
class Types {
  private readonly declared = new Map<string, string>();

  text(): string {
    return [...this.declared.values()].map((each) => `${each}\n`).join('');
  }

  of(type: ClientType, name: string): string {
    switch (type.kind) {
      case 'any':
        return 'unknown';
      case 'text':
        return 'string';
      case 'number':
      case 'whole':
        return 'number';
      case 'flag':
        return 'boolean';
      case 'null':
        return 'null';
      case 'list':
        return `readonly (${this.of(type.items, `${name}Item`)})[]`;
      case 'map':
        return `Readonly<Record<string, ${this.of(type.values, `${name}Value`)}>>`;
      case 'one of':
        return type.values.join(' | ');
      case 'union':
        return type.options.map((each, at) => this.of(each, `${name}${String(at + 1)}`)).join(' | ');
      case 'object':
        return this.object(type.fields, name);
    }
  }

  private object(fields: readonly ClientField[], name: string): string {
    const lines = fields.map(({ name: field, type, required }) => {
      const key = /^[A-Za-z_$][\w$]*$/.test(field) ? field : literal(field);
      return `  readonly ${key}${required ? '' : '?'}: ${this.of(type, name + className(field))};\n`;
    });
    this.declared.set(name, `export interface ${name} {\n${lines.join('')}}\n`);
    return name;
  }
}
