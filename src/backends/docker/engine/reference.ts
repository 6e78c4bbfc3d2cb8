/** The registry of an image, as the Docker CLI names it in its logins: the first part with a dot, a port or `localhost`. */
export function registryOf(reference: string): string {
  const [first = '', ...rest] = reference.split('/');
  const named = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  return named && first !== 'docker.io' ? first : 'https://index.docker.io/v1/';
}

/** With neither tag nor digest an engine pulls every tag there is. */
export function withTag(reference: string): string {
  return /@|:[^/]*$/.test(reference) ? reference : `${reference}:latest`;
}
