/**
 * The HTTP face of a process: /metrics for Prometheus, /livez and /readyz for whoever restarts and routes.
 * Plain, unauthenticated and read-only: bind it to an address only the inside can reach. It serves no customer.
 */
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Whether this process should get work; every reason against it, in words. */
export interface Readiness {
  readonly ready: boolean;
  readonly reasons: readonly string[];
}

export interface HttpOptions {
  readonly host: string;
  /** 0 = a free port. */
  readonly port: number;
  readonly scrape: () => Promise<{ readonly contentType: string; readonly body: string }>;
  readonly readiness: () => Readiness;
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
/** Time an idle connection is kept for the next scrape; shorter than common scrape intervals on purpose. */
const keepAliveTimeoutMs = 5_000;
/** A few scrapers and probes; more means something loops. */
const maxConnections = 64;

interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Starts listening. Rejects: the system's error when the address cannot be bound (EADDRINUSE, EACCES, …). */
export async function startHttpServer(options: HttpOptions): Promise<HttpServer> {
  const server = createServer(
    {
      maxHeaderSize: maxHeaderBytes,
      requestTimeout: requestTimeoutMs,
      headersTimeout: requestTimeoutMs,
      keepAliveTimeout: keepAliveTimeoutMs,
      connectionsCheckingInterval: 1_000,
    },
    (request, response) => {
      answer(options, request).then(
        (result) => write(request, response, result),
        () => write(request, response, problem(500, 'Internal Server Error', 'The answer could not be computed.')),
      );
    },
  );
  server.maxConnections = maxConnections;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const bound = server.address() as AddressInfo;
  const host = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address;
  let closed: Promise<void> | undefined;
  return {
    url: `http://${host}:${bound.port}`,
    close: () => {
      closed ??= new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      return closed;
    },
  };
}

async function answer(options: HttpOptions, request: IncomingMessage): Promise<Answer> {
  const path = (request.url ?? '/').split('?', 1)[0];
  if (path !== '/metrics' && path !== '/livez' && path !== '/readyz') {
    return problem(404, 'Not Found', 'Known paths: /metrics, /livez, /readyz.');
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return { ...problem(405, 'Method Not Allowed', 'Only GET and HEAD.'), headers: { allow: 'GET, HEAD' } };
  }
  const length = request.headers['content-length'];
  if ((length !== undefined && length !== '0') || request.headers['transfer-encoding'] !== undefined) {
    return problem(413, 'Content Too Large', 'No request body is accepted.');
  }
  switch (path) {
    case '/metrics':
      return { status: 200, ...(await options.scrape()) };
    case '/livez':
      return json(200, { live: true });
    case '/readyz': {
      const readiness = options.readiness();
      return json(readiness.ready ? 200 : 503, readiness);
    }
  }
}

function json(status: number, value: unknown): Answer {
  return { status, contentType: 'application/json', body: `${JSON.stringify(value)}\n` };
}

/** RFC 9457 problem details. */
function problem(status: number, title: string, detail: string): Answer {
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
