/**
 * The HTTP face of a process: /metrics for Prometheus, /livez and /readyz for whoever restarts and routes.
 * Plain, unauthenticated and read-only: bind it to an address only the inside can reach. It serves no customer.
 */
import type { IncomingMessage } from 'node:http';
import { json, listen, problem, type Answer, type HttpServer } from './listener.ts';

export type { HttpServer } from './listener.ts';

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

/** A few scrapers and probes; more means something loops. */
const maxConnections = 64;

/** Starts listening. Rejects: the system's error when the address cannot be bound (EADDRINUSE, EACCES, …). */
export function startHttpServer(options: HttpOptions): Promise<HttpServer> {
  const { host, port } = options;
  return listen({ host, port, tls: null, maxConnections, answer: (request) => answer(options, request) });
}

async function answer(options: HttpOptions, request: IncomingMessage): Promise<Answer> {
  const path = (request.url ?? '/').split('?', 1)[0];
  if (path !== '/metrics' && path !== '/livez' && path !== '/readyz') {
    return problem(404, 'Not Found', 'Known paths: /metrics, /livez, /readyz.');
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return { ...problem(405, 'Method Not Allowed', 'Only GET and HEAD.'), headers: { allow: 'GET, HEAD' } };
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
