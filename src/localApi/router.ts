/** One request, as far as a route needs it. */
export interface Call {
  /** Decoded: what stands for `:name` and `*name` in the route. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly signal: AbortSignal;
  body(): Promise<Buffer>;
}

export interface Reply {
  readonly status: number;
  readonly json?: unknown;
  /** Sent as it is, in place of `json`. */
  readonly raw?: { readonly type: string; readonly body: string; readonly requestId?: string };
  /** A file that is sent, in place of `json`. */
  readonly file?: { readonly path: string; readonly bytes: number; readonly name: string };
}

export type Handler = (call: Call) => Promise<Reply> | Reply;
export type Route = readonly [method: string, pattern: string, handler: Handler];

export interface Match {
  readonly handler: Handler;
  readonly params: Readonly<Record<string, string>>;
}

/**
 * The route of a request. Pieces are decoded after they were matched: clients send a whole path of a dataset as one
 * piece (`%2FProjects%2Fdemo`). `:name` stands for one piece, `*name` for all that follow.
 */
export function findRoute(routes: readonly Route[], method: string, path: string): Match | 'method' | undefined {
  const pieces = path.replace(/^\//, '').replace(/\/$/, '').split('/');
  let isOther = false;
  for (const [verb, pattern, handler] of routes) {
    const params = match(pattern.replace(/^\//, '').split('/'), pieces);
    if (params !== undefined) {
      if (verb === method) {
        return { handler, params };
      }
      isOther = true;
    }
  }
  return isOther ? 'method' : undefined;
}

function match(pattern: readonly string[], pieces: readonly string[]): Record<string, string> | undefined {
  const params: Record<string, string> = {};
  for (const [index, part] of pattern.entries()) {
    if (part.startsWith('*')) {
      params[part.slice(1)] = pieces.slice(index).map(decode).join('/');
      return params;
    }
    const piece = pieces[index];
    if (piece === undefined) {
      return undefined;
    }
    if (part.startsWith(':')) {
      params[part.slice(1)] = decode(piece);
    } else if (part !== piece) {
      return undefined;
    }
  }
  return pattern.length === pieces.length ? params : undefined;
}

function decode(piece: string): string {
  try {
    return decodeURIComponent(piece);
  } catch {
    return piece;
  }
}
