/**
 * An HTTP listener with every bound a public socket needs: header bytes, no body, time-outs, connections. It turns a
 * request into one answer; what is answered is the caller's.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Refusal } from './refusals.ts';

export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Why nobody could answer, where that is what it says. */
  readonly refusal?: Refusal;
}

/** PEM texts. With `clientCa` a client without a certificate of that authority is refused while it connects. */
export interface Tls {
  readonly cert: string;
  readonly key: string;
  readonly clientCa: string | null;
}

export interface ListenerOptions {
  readonly host: string;
  /** 0 = a free port. */
  readonly port: number;
  /** Null = plain HTTP. */
  readonly tls: Tls | null;
  /** Connections at a time. */
  readonly maxConnections: number;
  /** Answers a request that has no body; a rejection becomes a 500 without details. */
  readonly answer: (request: IncomingMessage) => Promise<Answer>;
}

export interface HttpServer {
  /** Where the server really listens, such as `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Stops listening and ends open connections. Idempotent. */
  close(): Promise<void>;
}

/** Requests here are a line and a few headers; anything larger is a mistake or an attack. */
const maxHeaderBytes = 8_192;
/** Time for a client to send its request; a slower one would hold a connection for nothing. */
const requestTimeoutMs = 5_000;
/** Time an idle connection is kept for the next request; shorter than common scrape intervals on purpose. */
const keepAliveTimeoutMs = 5_000;

/** Starts listening. Rejects: the system's error when the address cannot be bound (EADDRINUSE, EACCES, …). */
export async function listen(options: ListenerOptions): Promise<HttpServer> {
  const { tls, host, port } = options;
  const server = serverOf(options);
  server.maxConnections = options.maxConnections;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const bound = server.address() as AddressInfo;
  const name = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address;
  let closed: Promise<void> | undefined;
  return {
    url: `${tls === null ? 'http' : 'https'}://${name}:${bound.port}`,
    close: () => {
      closed ??= new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      return closed;
    },
  };
}

function serverOf({ tls, answer }: ListenerOptions): Server {
  const bounds = {
    maxHeaderSize: maxHeaderBytes,
    requestTimeout: requestTimeoutMs,
    headersTimeout: requestTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    connectionsCheckingInterval: 1_000,
  };
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    const answered = hasBody(request)
      ? Promise.resolve(problem(413, 'Content Too Large', 'No request body is accepted.'))
      : answer(request);
    answered.then(
      (result) => write(request, response, result),
      () => write(request, response, problem(500, 'Internal Server Error', 'The answer could not be computed.')),
    );
  };
  if (tls === null) return createServer(bounds, onRequest);
  const { cert, key, clientCa } = tls;
  const clients = clientCa === null ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: true };
  return createTlsServer({ ...bounds, cert, key, ...clients, minVersion: 'TLSv1.2' }, onRequest);
}

function hasBody({ headers }: IncomingMessage): boolean {
  const length = headers['content-length'];
  return (length !== undefined && length !== '0') || headers['transfer-encoding'] !== undefined;
}

/** JSON of a value, with a newline behind it. */
export function json(status: number, value: unknown): Answer {
  return { status, contentType: 'application/json', body: `${JSON.stringify(value)}\n` };
}

/** RFC 9457 problem details. */
export function problem(status: number, title: string, detail: string): Answer {
  return {
    status,
    contentType: 'application/problem+json',
    body: `${JSON.stringify({ type: 'about:blank', title, status, detail })}\n`,
  };
}

function write(request: IncomingMessage, response: ServerResponse, result: Answer): void {
  const body = Buffer.from(result.body);
  response.writeHead(result.status, {
    'content-type': result.contentType,
    'content-length': body.length,
    'cache-control': 'no-store',
    // A refused request may still be sending: its connection is not worth keeping.
    ...(result.status >= 400 && result.status !== 503 ? { connection: 'close' } : {}),
    ...result.headers,
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}
