import { randomUUID } from 'node:crypto';
import { createServer, type ServerHttp2Stream } from 'node:http2';
import type { Duplex } from 'node:stream';
import type { EngineCalls } from './calls';
import type { BuildSecrets } from './port';
import { dataMessage, fieldsOf, textMessage } from './protobuf';
import type { Login, Logins } from './registryLogin';

/** What the engine may ask us for while it builds. */
interface Answers {
  credentials(host: string): Promise<Login | undefined>;
  readonly secrets: BuildSecrets;
}

const NOT_FOUND = '5';
const UNIMPLEMENTED = '12';
/** gRPC allows 4 MB in a message, and BuildKit half a megabyte in a secret. */
const SECRET = '/moby.buildkit.secrets.v1.Secrets/GetSecret';
/** grpc.health.v1.HealthCheckResponse { status: SERVING }: an engine that gets no answer to its question ends the build. */
const SERVING = Buffer.from([0x08, 0x01]);

/**
 * Our end of a BuildKit session: the engine asks over the connection (gRPC, it is the client) whether we are still
 * there, who we are at the registries of the images that a Dockerfile is made FROM, and for the build's secrets.
 */
function serveSession(connection: Duplex, answers: Answers): void {
  const server = createServer();
  server.on('sessionError', () => undefined);
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined);
    void answer(stream, headers[':path'] ?? '', answers);
  });
  server.emit('connection', connection);
}

async function answer(stream: ServerHttp2Stream, method: string, answers: Answers): Promise<void> {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  await new Promise((resolve) => stream.once('end', resolve).once('close', resolve));
  const message = await reply(method, Buffer.concat(chunks).subarray(5), answers);
  if (stream.destroyed) {
    return;
  }
  const head = { ':status': 200, 'content-type': 'application/grpc' };
  if (!message) {
    // NOT_FOUND: then the build goes on, or says itself which secret it lacks.
    const status = method === SECRET ? NOT_FOUND : UNIMPLEMENTED;
    stream.respond({ ...head, 'grpc-status': status, 'grpc-message': 'not known here' }, { endStream: true });
    return;
  }
  stream.respond(head, { waitForTrailers: true });
  stream.on('wantTrailers', () => {
    stream.sendTrailers({ 'grpc-status': '0' });
  });
  const frame = Buffer.alloc(5);
  frame.writeUInt32BE(message.length, 1);
  stream.end(Buffer.concat([frame, message]));
}

/** Undefined: not known here. The engine does without. */
async function reply(method: string, request: Buffer, answers: Answers): Promise<Buffer | undefined> {
  const first = String([...fieldsOf(request)].find(({ number }) => number === 1)?.value ?? '');
  if (method === '/grpc.health.v1.Health/Check') {
    return SERVING;
  }
  if (method === '/moby.filesync.v1.Auth/Credentials') {
    const known = await answers.credentials(first).catch(() => undefined);
    return known ? textMessage({ 1: known.user, 2: known.secret }) : Buffer.alloc(0);
  }
  const secret = method === SECRET ? answers.secrets[first] : undefined;
  return secret === undefined ? undefined : dataMessage(1, secret);
}

/** The methods that we answer, as the engine wants to be told when the session begins. */
const SESSION_METHODS = ['/grpc.health.v1.Health/Check', '/moby.filesync.v1.Auth/Credentials', SECRET];

export interface Session {
  readonly id: string;
  /** Destroyed, the session has ended. */
  readonly connection: Duplex;
}

/** A session for one build. Undefined: the engine knows no sessions (Podman), and needs none. */
export async function openSession(
  calls: EngineCalls,
  logins: Logins,
  secrets: BuildSecrets,
  what: string,
  signal: AbortSignal,
): Promise<Session | undefined> {
  const id = randomUUID();
  const connection = await calls.find(what, signal, (abortSignal) =>
    calls.dial<Duplex>({
      path: '/session',
      method: 'POST',
      hijack: true,
      abortSignal,
      headers: {
        Upgrade: 'h2c',
        'X-Docker-Expose-Session-Uuid': id,
        'X-Docker-Expose-Session-Name': 'model-serving',
        'X-Docker-Expose-Session-Grpc-Method': SESSION_METHODS,
      },
    }),
  );
  if (!connection) {
    return undefined;
  }
  connection.on('error', () => undefined);
  serveSession(connection, { credentials: (host) => logins.of(host), secrets });
  return { id, connection };
}

/** Whether an engine builds with BuildKit: only then it knows sessions. */
export async function takesSessions(calls: EngineCalls, logins: Logins, signal: AbortSignal): Promise<boolean> {
  const session = await openSession(calls, logins, {}, 'Asking for BuildKit', signal);
  session?.connection.destroy();
  return session !== undefined;
}
