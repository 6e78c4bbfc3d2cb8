import { notesOf, toClientType, type ClientField, type ClientType } from './clientType';
import { className, literal, plainWords } from './names';
import type { ServingApi, ServingCall } from './servingApi';

/** Names that the file itself has. */
const TAKEN = ['URL', 'ServingError', 'Any', 'Literal', 'TypedDict', 'Union'];

/** A module with one typed method for each verb, on Python's standard library alone: 3.9 or later. */
export function pythonClient(api: ServingApi): string {
  const types = new Types();
  const name = uniqueName(className(api.name));
  const methods = api.calls.map((call) => method(call, types));
  const headers = api.host === undefined ? '' : `, "Host": ${literal(api.host)}`;
  const token = api.token === undefined ? 'None' : `os.environ.get(${literal(api.token)}) if token is None else token`;
  return `"""A client of the serving ${plainWords(api.name)}, written from what it says of its calls.

${plainWords(api.description)}
"""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from typing import Any, Literal, TypedDict, Union, cast

__all__ = ["${name}", "ServingError"]

URL = ${literal(api.url)}

${types.text()}
class ServingError(Exception):
    """The serving did not answer with a prediction: \`status\` is that of HTTP, 0 when nothing answered."""

    def __init__(self, status: int, message: str, reply: Any = None) -> None:
        super().__init__(f"{status}: {message}" if status else message)
        self.status = status
        self.reply = reply


class ${name}:
    """Calls the serving at \`url\`${api.token === undefined ? '' : `, with the token of ${plainWords(api.token)} where none is given`}; \`timeout\` is in seconds."""

    def __init__(self, url: str = URL, *, token: str | None = None, timeout: float = 60.0) -> None:
        self.url = url.rstrip("/")
        self.token = ${token === 'None' ? 'token' : token}
        self.timeout = timeout

${methods.join('\n')}
    def _call(self, verb: str, inputs: Any) -> Any:
        headers = {"Content-Type": "application/json", "Accept": "application/json"${headers}}
        if self.token is not None:
            headers["Authorization"] = f"${api.scheme ?? 'Bearer'} {self.token}"
        body = json.dumps({"inputs": inputs}).encode()
        request = urllib.request.Request(f"{self.url}:{verb}", data=body, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=self.timeout) as response:
                return json.load(response)["predictions"]
        except urllib.error.HTTPError as error:
            text = error.read().decode(errors="replace")
            try:
                reply = json.loads(text)
            except ValueError:
                reply = text
            told = reply.get("error", text) if isinstance(reply, dict) else text
            raise ServingError(error.code, str(told), reply) from error
        except OSError as error:
            raise ServingError(0, f"{self.url} does not answer: {error}") from error
`;
}

function method({ verb, inputs, outputs, sample }: ServingCall, types: Types): string {
  const stem = className(verb);
  const wanted = toClientType(inputs);
  const [takes, gives] = [types.of(wanted, `${stem}Inputs`), types.of(toClientType(outputs), `${stem}Outputs`)];
  const notes = notesOf(wanted).map((note) => `\n\n        ${plainWords(note)}`);
  const example = sample === undefined || sample.length > 300 ? '' : `\n\n        Such as ${plainWords(sample)}`;
  const doc = `"""What \`${verb}\` of the script returns.${notes.join('')}${example}${notes.length > 0 || example ? '\n        ' : ''}"""`;
  const reply = `self._call("${verb}", inputs)`;
  return `    def ${verb}(self, inputs: ${takes}) -> ${gives}:
        ${doc}
        return ${gives === 'Any' ? reply : `cast(${literal(gives)}, ${reply})`}
`;
}

function uniqueName(name: string): string {
  return TAKEN.includes(name) ? `${name}Client` : name;
}

/** Type expressions, and the classes that they name. */
class Types {
  private readonly declared = new Map<string, string>();

  text(): string {
    return [...this.declared.values()].map((each) => `${each}\n`).join('\n');
  }

  of(type: ClientType, name: string): string {
    switch (type.kind) {
      case 'any':
        return 'Any';
      case 'text':
        return 'str';
      case 'number':
        return 'float';
      case 'whole':
        return 'int';
      case 'flag':
        return 'bool';
      case 'null':
        return 'None';
      case 'list':
        return `list[${this.of(type.items, `${name}Item`)}]`;
      case 'map':
        return `dict[str, ${this.of(type.values, `${name}Value`)}]`;
      case 'one of':
        return this.oneOf(type.values);
      case 'union':
        return `Union[${type.options.map((each, at) => this.of(each, `${name}${String(at + 1)}`)).join(', ')}]`;
      case 'object':
        return this.object(type.fields, name);
    }
  }

  /** Numbers with a fraction are no literals of Python's types. */
  private oneOf(values: readonly string[]): string {
    const isNumber = values.every((value) => /^-?\d/.test(value));
    if (isNumber && values.some((value) => !/^-?\d+$/.test(value))) {
      return 'float';
    }
    const words: Readonly<Record<string, string>> = { true: 'True', false: 'False', null: 'None' };
    const texts = values.map(
      (value) => words[value] ?? (/^-?\d/.test(value) ? value : literal(String(JSON.parse(value)))),
    );
    return texts.some((text) => /^-?\d+\D/.test(text)) ? 'Any' : `Literal[${texts.join(', ')}]`;
  }

  private object(fields: readonly ClientField[], name: string): string {
    const [must, may] = [fields.filter((each) => each.required), fields.filter((each) => !each.required)];
    const table = (some: readonly ClientField[]): string =>
      some.map((each) => `${literal(each.name)}: ${this.of(each.type, name + className(each.name))}`).join(', ');
    const [needed, others] = [table(must), table(may)];
    if (may.length === 0 || must.length === 0) {
      const total = must.length === 0 ? ', total=False' : '';
      this.declared.set(name, `${name} = TypedDict("${name}", {${needed}${others}}${total})\n`);
      return name;
    }
    const [first, second] = [`_${name}Needed`, `_${name}Others`];
    this.declared.set(
      name,
      `${first} = TypedDict("${first}", {${needed}})\n${second} = TypedDict("${second}", {${others}}, total=False)\n\n\nclass ${name}(${first}, ${second}):\n    """One of the inputs or outputs."""\n`,
    );
    return name;
  }
}
