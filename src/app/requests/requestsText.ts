import { findNodeAtLocation, parseTree, type Node, type ParseError } from 'jsonc-parser';
import { PARSE, readable } from '../../core/definitionText';
import { prettyJson } from '../../core/jsonText';
import { t } from '../../core/l10n';
import { VERBS, type Verb } from '../../core/serving';
import { RequestsEdit } from './requestsEdit';

/** A request that was saved. JSON in it is text, so that numbers stay as they were written. */
export interface SavedRequest {
  readonly name: string;
  readonly verb: Verb;
  readonly body: string;
  readonly expect?: Expectation;
}

/** What has to be answered for a request to pass as a test. */
export interface Expectation {
  readonly status?: number;
  /** JSON text. */
  readonly reply?: string;
  /** How far numbers of the reply may be off, as they are or as a part of what is expected, whichever is more. */
  readonly tolerance?: number;
  /** The longest that it may take, in milliseconds. */
  readonly latencyMs?: number;
}

export interface ParsedRequests {
  readonly requests: readonly SavedRequest[];
  /** What is wrong: a sentence. */
  readonly problem?: string;
  /** Nothing can be added to it before it is mended. */
  readonly isBroken: boolean;
}

/** Reads `<script>.requests.json`. Unknown fields are passed over; a request that is not right is left out and told. */
export function parseRequests(text: string): ParsedRequests {
  const { root, problem } = rootOf(text);
  const list = root && findNodeAtLocation(root, ['requests']);
  if (root === undefined || (list !== undefined && list.type !== 'array')) {
    return { requests: [], problem: problem ?? t('requests has to be a list'), isBroken: true };
  }
  const entries = (list?.children ?? []).map((node) => toRequest(node, text));
  const wrong = entries.findIndex((each) => each === undefined);
  return {
    requests: entries.filter((each) => each !== undefined),
    isBroken: false,
    ...(wrong === -1 ? {} : { problem: wrongRequest(wrong) }),
  };
}

/** What is told of a request that is not right. */
export function wrongRequest(index: number): string {
  return t('requests[{0}] needs a name, a body and a verb that there is', index);
}

/**
 * The text with one more request, or with it in place of the one of its name. Everything else of the text stays: order,
 * comments, fields that are not ours. What was expected of another body goes. The text must not be broken.
 */
export function withRequest(before: string | undefined, request: SavedRequest): string {
  const edit = new RequestsEdit(before);
  const { requests } = rootOf(edit.text);
  const known = requests.findIndex((node) => valueOf(node, 'name') === request.name);
  const stands = placeholders(request);
  if (known === -1) {
    const isFirst = requests.length === 0;
    edit.set(isFirst ? ['requests'] : ['requests', requests.length], isFirst ? [stands.value] : stands.value);
  } else {
    const old = requests[known];
    const isSameBody = old !== undefined && isSame(textOf(old, 'body', edit.text), request.body);
    edit.set(['requests', known, 'verb'], stands.value.verb);
    edit.set(['requests', known, 'body'], stands.value.body);
    if (stands.value.expect !== undefined || !isSameBody) {
      edit.set(['requests', known, 'expect'], stands.value.expect);
    }
  }
  for (const [placeholder, json] of stands.texts) {
    edit.put(placeholder, json);
  }
  return edit.done();
}

interface Placeholders {
  readonly value: { readonly name: string; readonly verb: Verb; readonly body: string; readonly expect?: object };
  readonly texts: readonly (readonly [placeholder: string, json: string])[];
}

/** The request with words in place of its JSON, which goes in as text once the rest stands. */
function placeholders({ name, verb, body, expect }: SavedRequest): Placeholders {
  const bodyHere = `body of ${name} goes here`;
  const replyHere = `reply of ${name} goes here`;
  const { reply, ...rest } = expect ?? {};
  const { status, ...limits } = rest;
  return {
    value: {
      name,
      verb,
      body: bodyHere,
      ...(expect
        ? {
            expect: {
              ...(status === undefined ? {} : { status }),
              ...(reply === undefined ? {} : { reply: replyHere }),
              ...limits,
            },
          }
        : {}),
    },
    texts: [[bodyHere, body], ...(reply === undefined ? [] : [[replyHere, reply] as const])],
  };
}

/** What a text holds, as far as it can be read. */
export interface RequestsRoot {
  readonly root?: Node;
  readonly requests: readonly Node[];
  readonly problem?: string;
  /** Where the problem is. */
  readonly offset?: number;
}

export function rootOf(text: string): RequestsRoot {
  const errors: ParseError[] = [];
  // A file that was made and not yet written in.
  const root = parseTree(text.trim() === '' ? '{}' : readable(text), errors, PARSE);
  const [first] = errors;
  if (first !== undefined || root?.type !== 'object') {
    const line = text.slice(0, first?.offset ?? 0).split('\n').length;
    return { requests: [], problem: t('It is not a JSON object: look at line {0}', line), offset: first?.offset ?? 0 };
  }
  return { root, requests: findNodeAtLocation(root, ['requests'])?.children ?? [] };
}

/** Undefined: something of it is not right. */
export function toRequest(node: Node, text: string): SavedRequest | undefined {
  const name = valueOf(node, 'name');
  const verb = VERBS.find((each) => each === (valueOf(node, 'verb') ?? 'predict'));
  const body = textOf(node, 'body', text);
  if (typeof name !== 'string' || name.trim() === '' || verb === undefined || body === undefined) {
    return undefined;
  }
  const expect = findNodeAtLocation(node, ['expect']);
  return {
    name,
    verb,
    body: laidOut(body),
    ...(expect?.type === 'object' ? { expect: toExpectation(expect, text) } : {}),
  };
}

function toExpectation(node: Node, text: string): Expectation {
  const numberOf = (name: 'status' | 'tolerance' | 'latencyMs'): Partial<Expectation> => {
    const value = valueOf(node, name);
    return typeof value === 'number' ? { [name]: value } : {};
  };
  const reply = textOf(node, 'reply', text);
  return {
    ...numberOf('status'),
    ...(reply === undefined ? {} : { reply }),
    ...numberOf('tolerance'),
    ...numberOf('latencyMs'),
  };
}

export function valueOf(node: Node, name: string): unknown {
  return findNodeAtLocation(node, [name])?.value;
}

function textOf(node: Node, name: string, text: string): string | undefined {
  const found = findNodeAtLocation(node, [name]);
  return found && text.slice(found.offset, found.offset + found.length);
}

function laidOut(json: string): string {
  return `${prettyJson(json) ?? json}\n`;
}

function isSame(a: string | undefined, b: string): boolean {
  return a !== undefined && prettyJson(a) === prettyJson(b);
}
