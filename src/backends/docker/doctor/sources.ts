import { connect } from 'node:net';
import { type Remedy, ServingError } from '../../../core/errors';
import { t } from '../../../core/l10n';
import { type Finding, problem, warning } from '../../../environments/finding';
import { readPipSettings, withoutSecrets } from '../../../environments/pipSettings';
import type { Engine, EngineInfo } from '../engine/port';
import { buildSettings } from '../images/buildSettings';
import { type EngineCheck, isNative } from './check';

const nameText = () => t('Docker sources');
const PROXIES: Remedy = { kind: 'openPage', url: 'https://docs.docker.com/engine/cli/proxy/' };
const CERTIFICATES: Remedy = { kind: 'openPage', url: 'https://pip.pypa.io/en/stable/topics/https-certificates/' };
const ANSWER_MS = 3000;
const PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443, 'socks5:': 1080, 'socks5h:': 1080 };

/** Whether builds reach what packages come from: proxies, indexes and authorities that the user has set. */
export async function checkSources(
  engine: Engine,
  info: EngineInfo,
  check: EngineCheck,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const { env, home, platform } = check.around();
  const settings = await readPipSettings({ env, platform, home, prefix: '/' });
  const own = await buildSettings(settings, env, '', signal).catch((error: unknown) => {
    if (error instanceof ServingError && error.code === 'package') {
      return error;
    }
    throw error;
  });
  if (own instanceof ServingError) {
    return [problem(nameText(), t('No environment can be built: {0}', own.message), CERTIFICATES)];
  }
  const findings: Finding[] = [];
  const authority = own.entries.find(({ path }) => path.endsWith('/authority.pem'));
  const text = authority && 'content' in authority ? Buffer.from(authority.content).toString('latin1') : undefined;
  if (text !== undefined && !text.includes('-----BEGIN')) {
    findings.push(
      problem(
        nameText(),
        t('The file of authorities that pip is told to trust holds no certificate in PEM form'),
        CERTIFICATES,
      ),
    );
  }
  if (!isNative(engine, info, check) || info.rootless) {
    const where = engine.address.remoteHost ?? (info.rootless ? t('a network of its own') : t('a virtual machine'));
    findings.push(
      ...own.localAddresses.map((address) =>
        warning(
          nameText(),
          t(
            '{0} is an address of this computer only, and builds run on {1}: name it by an address that the engine reaches',
            address,
            where,
          ),
          PROXIES,
        ),
      ),
    );
  } else {
    const proxies = new Set(
      Object.entries(own.buildArgs).flatMap(([name, value]) => (/no_proxy/i.test(name) ? [] : [value])),
    );
    for (const proxy of proxies) {
      if (!(await answers(proxy, signal))) {
        findings.push(
          problem(
            nameText(),
            t('The proxy {0} does not answer: no build can install packages', withoutSecrets(proxy)),
            PROXIES,
          ),
        );
      }
    }
  }
  return findings;
}

function answers(proxy: string, signal: AbortSignal): Promise<boolean> {
  const url = URL.canParse(proxy) ? new URL(proxy) : undefined;
  if (!url || url.hostname === '') {
    return Promise.resolve(false);
  }
  const port = url.port === '' ? (PORTS[url.protocol] ?? 80) : Number(url.port);
  return new Promise((resolve) => {
    const socket = connect({ host: url.hostname.replace(/^\[|\]$/g, ''), port, timeout: ANSWER_MS, signal });
    const end = (answer: boolean) => (): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', end(true)).once('timeout', end(false)).once('error', end(false));
  });
}
