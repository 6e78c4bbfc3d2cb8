import { randomUUID } from 'node:crypto';
import { createServer, type ServerHttp2Stream } from 'node:http2';
import type { Duplex } from 'node:stream';
import type { EngineCalls } from './calls';
import { fieldsOf, textMessage } from './protobuf';
import type { Login, Logins } from './registryLogin';

type Credentials = (host: string) => Promise<Login | undefined>;

const UNIMPLEMENTED = '12';
/** grpc.health.v1.HealthCheckResponse { status: SERVING }: an engine that gets no answer to its question ends the build. */
const SERVING = Buffer.from([0x08, 0x01]);

/**
 * Our end of a BuildKit session: the engine asks over the connection (gRPC, it is the client) whether we are still
 * there and who we are at the registries of the images that a Dockerfile is made FROM.
 */
function serveSession(connection: Duplex, credentials: Credentials): void {
  const server = createServer();
  server.on('sessionError', () => undefined);
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined);
    void answer(stream, headers[':path'] ?? '', credentials);
  });
  server.emit('connection', connection);
}

async function answer(stream: ServerHttp2Stream, method: string, credentials: Credentials): Promise<void> {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  await new Promise((resolve) => stream.once('end', resolve).once('close', resolve));
  const message = await reply(method, Buffer.concat(chunks).subarray(5), credentials);
  if (stream.destroyed) {
    return;
  }
  const head = { ':status': 200, 'content-type': 'application/grpc' };
  if (!message) {
    stream.respond({ ...head, 'grpc-status': UNIMPLEMENTED, 'grpc-message': 'unimplemented' }, { endStream: true });
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
async function reply(method: string, request: Buffer, credentials: Credentials): Promise<Buffer | undefined> {
  if (method === '/grpc.health.v1.Health/Check') {
    return SERVING;
  }
  if (method === '/moby.filesync.v1.Auth/Credentials') {
    const host = [...fieldsOf(request)].find(({ number }) => number === 1)?.value;
    const known = await credentials(String(host)).catch(() => undefined);
    return known ? textMessage({ 1: known.user, 2: known.secret }) : Buffer.alloc(0);
  }
  return undefined;
}

/** The methods that we answer, as the engine wants to be told when the session begins. */
const SESSION_METHODS = ['/grpc.health.v1.Health/Check', '/moby.filesync.v1.Auth/Credentials'];

export interface Session {
  readonly id: string;
  /** Destroyed, the session has ended. */
  readonly connection: Duplex;
}

/** A session for one build. Undefined: the engine knows no sessions (Podman), and needs none. */
export async function openSession(
  calls: EngineCalls,
  logins: Logins,
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
  serveSession(connection, (host) => logins.of(host));
  return { id, connection };
}
