import { readFile } from 'node:fs/promises';
import type { Connection } from '../../core/connection';
import { messageOf, ServingError } from '../../core/errors';
import { t } from '../../core/l10n';
import type { HttpRoute } from '../httpRoute';

/** The editor's settings of the network. */
export interface Network {
  readonly proxy?: string;
  readonly noProxy?: readonly string[];
}

/** The way to a connection's server; the same object until something of it changes, so that its connections are kept. */
export function makeRoute(connection: Connection, network: () => Network): () => Promise<HttpRoute> {
  let known: { readonly key: string; readonly route: HttpRoute } | undefined;
  return async () => {
    const { caFile, checkHostName } = connection.options;
    const route: HttpRoute = {
      ...network(),
      ...(caFile === undefined ? {} : { ca: await readCertificates(caFile, connection) }),
      checkHostName,
    };
    const key = JSON.stringify(route);
    known = known?.key === key ? known : { key, route };
    return known.route;
  };
}

async function readCertificates(file: string, { id }: Connection): Promise<string> {
  const fail = (reason: string, cause?: unknown): ServingError =>
    new ServingError('certificate', t('Could not read the certificates in {0}: {1}', file, reason), {
      cause,
      remedies: [{ kind: 'editConnection', connection: id }],
    });
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw fail(messageOf(error), error);
  }
  if (!text.includes('-----BEGIN CERTIFICATE-----')) {
    throw fail(t('it is no PEM file'));
  }
  return text;
}
