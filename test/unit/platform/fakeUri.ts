export interface Uri {
  readonly authority: string;
  readonly path: string;
  readonly query: string;
  with(change: Partial<Pick<Uri, 'authority' | 'path' | 'query'>>): Uri;
  toString(skipEncoding?: boolean): string;
}

/** As the editor's own: by itself it encodes what stands after the host. */
export function uri(authority: string, path: string, query = ''): Uri {
  return {
    ...{ authority, path, query },
    with: (change) => uri(change.authority ?? authority, change.path ?? path, change.query ?? query),
    toString: (skip) => {
      const text = `http://${authority}${path}${query === '' ? '' : `?${query}`}`;
      return skip === true ? text : text.replace(/:predict/, '%3Apredict');
    },
  };
}

export function parseUri(text: string): Uri {
  const { host, pathname, search } = new URL(text);
  return uri(host, pathname, search.slice(1));
}
