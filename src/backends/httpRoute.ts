import { Agent } from 'node:https';
import { rootCertificates } from 'node:tls';

/** Whom to trust, and which way to take. */
export interface HttpRoute {
  /** Certificates of authorities, as PEM, beside those that Node knows. */
  readonly ca?: string;
  /** Whether the certificate has to be for the host's name; true when undefined. The certificate itself is always checked. */
  readonly checkHostName?: boolean;
  /** `http://user:password@proxy:3128`. */
  readonly proxy?: string;
  /** Hosts that the proxy is not for, as in the variable NO_PROXY: `internal.org` means its subdomains, too; `*`: all. */
  readonly noProxy?: readonly string[];
}

export interface Proxy {
  readonly protocol: string;
  readonly host: string;
  readonly port: number;
  readonly auth?: { readonly username: string; readonly password: string };
}

const agents = new WeakMap<HttpRoute, Agent>();

/** The same one for the same route: it keeps connections. */
export function agentOf(route: HttpRoute): Agent {
  const known = agents.get(route);
  if (known) {
    return known;
  }
  const agent = new Agent({
    keepAlive: true,
    ...(route.ca === undefined ? {} : { ca: [...rootCertificates, route.ca] }),
    ...(route.checkHostName === false ? { checkServerIdentity: () => undefined } : {}),
  });
  agents.set(route, agent);
  return agent;
}

/** The proxy for an address; undefined: none. */
export function proxyOf({ proxy, noProxy = [] }: HttpRoute, url: string): Proxy | undefined {
  const { hostname } = new URL(url);
  if (proxy === undefined || proxy === '' || isOwn(hostname) || noProxy.some((rule) => covers(rule, hostname))) {
    return undefined;
  }
  const { protocol, hostname: host, port, username, password } = new URL(proxy);
  const auth = { username: decodeURIComponent(username), password: decodeURIComponent(password) };
  return {
    protocol,
    host: host.replace(/^\[|\]$/g, ''),
    port: Number(port === '' ? (protocol === 'https:' ? 443 : 80) : port),
    ...(username === '' ? {} : { auth }),
  };
}

/** Whether a host is this computer. */
export function isOwn(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || hostname === '::1' || /^127(\.\d+){3}$/.test(hostname);
}

export function isCertificateProblem(code: string | undefined): boolean {
  return (
    code !== undefined &&
    /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER|ERR_TLS_CERT_ALTNAME_INVALID|HOSTNAME_MISMATCH/.test(code)
  );
}

function covers(rule: string, hostname: string): boolean {
  const name = rule
    .trim()
    .toLowerCase()
    .replace(/^\*?\./, '')
    .replace(/:\d+$/, '');
  return name !== '' && (name === '*' || hostname === name || hostname.endsWith(`.${name}`));
}
