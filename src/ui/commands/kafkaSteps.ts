import { BACK, type Choice, type Position, type Prompts } from '../../app/prompts';
import type { Step } from '../../app/wizard';
import { checkBrokers, SASL_MECHANISMS, toKafkaConnection, type KafkaConnection } from '../../core/kafka';
import { t } from '../../core/l10n';

type Tls = 'none' | 'system' | 'kept' | 'caFile' | 'certificate';
type Mechanism = (typeof SASL_MECHANISMS)[number];

/** What is asked of a broker, and its passwords. */
export interface AskedKafka {
  readonly brokers: string;
  readonly tls: KafkaConnection['tls'];
  readonly mechanism: Mechanism | undefined;
  readonly user: string;
  readonly password: string;
  readonly keyPassword: string;
}

const title = (): string => t('Set Up Kafka Broker');

export function toAsked(connection: KafkaConnection | undefined): AskedKafka {
  return {
    brokers: connection?.brokers ?? 'localhost:9092',
    tls: connection?.tls,
    mechanism: connection?.sasl?.mechanism,
    user: connection?.sasl?.user ?? '',
    password: '',
    keyPassword: '',
  };
}

export function fromAsked({ brokers, tls, mechanism, user }: AskedKafka): KafkaConnection | undefined {
  return toKafkaConnection(brokers, tls, mechanism === undefined ? undefined : { mechanism, user });
}

export function kafkaSteps(prompts: Prompts): readonly Step<AskedKafka>[] {
  return [
    async (asked, position) => {
      const brokers = await prompts.input({
        ...position,
        title: title(),
        prompt: t('Address of the broker; several with "," between'),
        placeholder: 'localhost:9092',
        value: asked.brokers,
        check: checkBrokers,
      });
      return brokers === BACK ? BACK : { ...asked, brokers };
    },
    (asked, position) => askTls(prompts, asked, position),
    (asked, position) => askLogin(prompts, asked, position),
  ];
}

async function askTls(prompts: Prompts, asked: AskedKafka, position: Position): Promise<AskedKafka | typeof BACK> {
  const { tls } = asked;
  const file = tls?.certificateFile ?? tls?.caFile;
  const kept: readonly Choice<Tls>[] =
    file === undefined ? [] : [{ label: file, description: t('as it is now'), value: 'kept', icon: 'check' }];
  const chosen = await prompts.pick<Tls>({
    ...position,
    title: title(),
    placeholder: t('Is the connection encrypted?'),
    choices: [
      { label: t('Not encrypted'), value: 'none', icon: 'unlock' },
      ...kept,
      { label: 'TLS', value: 'system', icon: 'lock', detail: t('The authorities of this computer are trusted') },
      {
        label: t('TLS with a CA file…'),
        value: 'caFile',
        icon: 'folder-opened',
        detail: t('A PEM file with the certificates of your own authority'),
      },
      {
        label: t('TLS with a CA file and a certificate…'),
        value: 'certificate',
        icon: 'folder-opened',
        detail: t('For brokers that ask who connects: a PEM file with your certificate, and one with its key'),
      },
    ],
    active: file === undefined ? (tls === undefined ? 'none' : 'system') : 'kept',
  });
  if (chosen === BACK || chosen === 'kept') {
    return chosen === BACK ? BACK : asked;
  }
  if (chosen === 'none' || chosen === 'system') {
    return { ...asked, tls: chosen === 'none' ? undefined : { verify: true } };
  }
  const pem = (what: string): Promise<string> =>
    prompts.file({ title: what, button: t('Use'), folder: file ?? '', files: true, folders: false });
  const caFile = await pem(t('CA File'));
  if (chosen === 'caFile') {
    return { ...asked, tls: { caFile, verify: true } };
  }
  const certificateFile = await pem(t('Certificate'));
  const keyFile = await pem(t('Key of the Certificate'));
  const keyPassword = await prompts.input({
    title: title(),
    prompt: t('Password of the key; empty when it has none'),
    value: '',
    secret: true,
    check: () => undefined,
  });
  return keyPassword === BACK
    ? BACK
    : { ...asked, tls: { caFile, certificateFile, keyFile, verify: true }, keyPassword };
}

async function askLogin(prompts: Prompts, asked: AskedKafka, position: Position): Promise<AskedKafka | typeof BACK> {
  const chosen = await prompts.pick<Mechanism | 'none'>({
    ...position,
    title: title(),
    placeholder: t('Does it ask for a login (SASL)?'),
    choices: [
      { label: t('No login'), value: 'none', icon: 'circle-slash' },
      ...SASL_MECHANISMS.map((each) => ({ label: each, value: each, icon: 'account' })),
    ],
    active: asked.mechanism ?? 'none',
  });
  if (chosen === BACK) {
    return BACK;
  }
  if (chosen === 'none') {
    return { ...asked, mechanism: undefined, user: '', password: '' };
  }
  const user = await prompts.input({
    title: title(),
    prompt: t('Name of the user'),
    value: asked.user,
    check: (text) => (text.trim() === '' ? t('Enter a name') : undefined),
  });
  const password =
    user === BACK
      ? BACK
      : await prompts.input({
          title: title(),
          prompt: t('Password of {0}. It is kept in the secret storage of this computer.', user.trim()),
          value: '',
          secret: true,
          check: (text) => (text === '' ? t('Enter a password') : undefined),
        });
  return user === BACK || password === BACK ? BACK : { ...asked, mechanism: chosen, user: user.trim(), password };
}
