import path from 'node:path';
import { parseArgs } from 'node:util';
import { composeLocalApi, type LocalApiOptions } from './composeLocalApi';
import { messageOf, ServingError } from './core/errors';
import type { Logger } from './core/log';
import { GENERATIONS } from './localApi/project';

const USAGE =
  'node local-api.js --workspace DIR [--port N] [--ingress-port N] [--generation 3|4|5] [--project NAME] [--api-key-file FILE] [--python FILE] [--storage DIR]';

/** Standard output has one line of JSON, and only that; what happens is told on standard error. */
async function main(): Promise<void> {
  const starting = composeLocalApi(toOptions(process.argv.slice(2)));
  // Before anybody is told that it is there: whoever reads the line may end it at once.
  endOnSignals(starting);
  const { address, port, ingressPort, project, apiKeyFile, certificate, clients } = await starting;
  process.stdout.write(
    `${JSON.stringify({ address, port, ingressPort, project, apiKeyFile, certificate, clients })}\n`,
  );
}

/** One that is asked to end while it starts ends when it stands. */
function endOnSignals(starting: ReturnType<typeof composeLocalApi>): void {
  let isClosing = false;
  const end = (): void => {
    if (!isClosing) {
      isClosing = true;
      void starting
        .then((api) => api.close())
        .then(
          () => process.exit(0),
          (error: unknown) => {
            tell('error', messageOf(error));
            process.exit(1);
          },
        );
    }
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
}

function toOptions(args: readonly string[]): LocalApiOptions {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      workspace: text,
      port: text,
      'ingress-port': text,
      generation: text,
      project: text,
      'api-key-file': text,
      python: text,
      storage: text,
    },
  });
  if (values.workspace === undefined) {
    throw new ServingError('invalid', `--workspace is missing: ${USAGE}`);
  }
  const generation = GENERATIONS.find((each) => String(each) === (values.generation ?? '5'));
  if (generation === undefined) {
    throw new ServingError('invalid', `--generation has to be one of ${GENERATIONS.join(', ')}`);
  }
  return {
    workspace: path.resolve(values.workspace),
    port: toPort('--port', values.port),
    ingressPort: toPort('--ingress-port', values['ingress-port']),
    generation,
    serverRoot: path.join(__dirname, 'server'),
    clientRoot: path.join(__dirname, 'clients'),
    log,
    ...(values.project === undefined ? {} : { project: values.project }),
    ...(values['api-key-file'] === undefined ? {} : { apiKeyFile: values['api-key-file'] }),
    ...(values.storage === undefined ? {} : { storage: path.resolve(values.storage) }),
    ...(values.python === undefined ? {} : { python: values.python }),
  };
}

function toPort(option: string, text = '0'): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) {
    throw new ServingError('invalid', `${option} has to be a port, or 0 for one that is free`);
  }
  return port;
}

const log: Logger = {
  debug: () => undefined,
  info: (message) => {
    tell('info', message);
  },
  warn: (message) => {
    tell('warning', message);
  },
  error: (message) => {
    tell('error', messageOf(message));
  },
};

function tell(level: string, message: string): void {
  process.stderr.write(`${level}: ${message}\n`);
}

main().catch((error: unknown) => {
  tell('error', messageOf(error));
  process.exit(1);
});
