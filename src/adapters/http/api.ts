/**
 * The data API of a process: customers, why they stand where they stand, the model, what a sample is expected to do, and
 * the tasks. Answers come from committed states of this instance, or from the instance that has them; the contract is
 * openapi.ts. What an answer says is decided in pipeline/look-ups.ts.
 */
import type { IncomingMessage } from 'node:http';
import { performance } from 'node:perf_hooks';
import type { LookUp } from '../../pipeline/look-ups.ts';
import type { Logger } from '../../pipeline/ports.ts';
import { Bucket, customerHash, hasToken, isLoopbackHost } from './access.ts';
import { forward, forwardedHeader } from './forward.ts';
import { json, listen, problem, type Answer, type HttpServer, type Tls } from './listener.ts';
import { notNow, type Refusal } from './refusals.ts';

/** What is known of a customer, and what is done to a task. */
export interface ApiSource {
  profile(customerId: string): LookUp<object>;
  explanation(customerId: string): LookUp<object>;
  timeline(customerId: string): LookUp<object>;
  forecasts(): Promise<object>;
  tiers(): object;
  model(): object;
  tasks(): object;
  /** Null = there is no such task. */
  pause(partition: number, paused: boolean): LookUp<object> | null;
}

export interface ApiOptions {
  readonly host: string;
  /** 0 = a free port. */
  readonly port: number;
  readonly tls: Tls | null;
  /** Any of them is good, the first is shown to other instances; empty = none is asked for. */
  readonly tokens: readonly string[];
  readonly requestsPerSecond: number;
  /** Key of the hashes that stand for customers in the audit log. */
  readonly auditKey: Buffer;
  /** The OpenAPI document. */
  readonly document: object;
  /** Null while the service starts. */
  readonly source: () => ApiSource | null;
  readonly onAnswered: (request: ApiRequest) => void;
  readonly logger: Logger;
}

/** Every path there is, as the document has it. */
export const apiRoutes = [
  '/v1/customers/{customerId}',
  '/v1/customers/{customerId}/explain',
  '/v1/customers/{customerId}/timeline',
  '/v1/tiers',
  '/v1/model',
  '/v1/forecasts',
  '/v1/tasks',
  '/v1/tasks/{partition}/pause',
  '/v1/tasks/{partition}/resume',
  '/openapi.json',
] as const;
type ApiRoute = (typeof apiRoutes)[number];

/** One request and what became of it. */
export interface ApiRequest {
  /** Null = there is nothing at its path, or it was refused before its path was looked at. */
  readonly route: ApiRoute | null;
  readonly status: number;
  readonly durationMs: number;
  /** Why nobody could answer; null for every other answer. */
  readonly refusal: Refusal | null;
}

/** Dashboards and back offices share a few connections each. */
const maxConnections = 256;

/** A request that has been understood. */
interface Route {
  readonly template: ApiRoute;
  readonly method: 'GET' | 'POST';
  readonly customerId?: string;
  /** An answer, or the address of the instance that has it. */
  readonly run: (source: ApiSource) => Answer | { readonly address: string } | Promise<Answer>;
}

/** Starts listening. Rejects: the system's error when the address cannot be bound (EADDRINUSE, EACCES, …). */
export function startApiServer(options: ApiOptions): Promise<HttpServer> {
  const api = new Api(options);
  const { host, port, tls } = options;
  return listen({ host, port, tls, maxConnections, answer: (request) => api.answer(request) });
}

class Api {
  readonly #options: ApiOptions;
  readonly #allowed: Bucket;
  /** Refusals that are looked at and noted; guessing and floods end here. */
  readonly #refused: Bucket;

  constructor(options: ApiOptions) {
    const now = (): number => performance.now();
    this.#options = options;
    this.#allowed = new Bucket(options.requestsPerSecond, now);
    this.#refused = new Bucket(options.requestsPerSecond, now);
  }

  async answer(request: IncomingMessage): Promise<Answer> {
    const startedMs = performance.now();
    const refusal = this.#refusal(request);
    const route = refusal === null ? routeOf(request, this.#options.document) : null;
    const answer = refusal ?? (await this.#run(route, request).catch(() => broken));
    const durationMs = performance.now() - startedMs;
    const { status } = answer;
    this.#options.onAnswered({ route: route?.template ?? null, status, durationMs, refusal: answer.refusal ?? null });
    // What is above the rate is counted and not noted: a flood must not become one of log lines.
    if (status === 429) return answer;
    const { customerId } = route ?? {};
    this.#options.logger.info('api.request', {
      method: request.method,
      route: route?.template ?? null,
      status,
      customer: customerId === undefined ? null : customerHash(customerId, this.#options.auditKey),
      remote: request.socket.remoteAddress ?? null,
      forwarded: isForwarded(request),
      durationMs: Math.round(durationMs),
    });
    return answer;
  }

  /** Null = the request may go on. */
  #refusal(request: IncomingMessage): Answer | null {
    const { tokens, tls } = this.#options;
    const isOpen = tokens.length === 0 && (tls === null || tls.clientCa === null);
    if (isOpen && !isLoopbackHost(request)) {
      return this.#counted(
        problem(403, 'Forbidden', 'Without credentials only this machine is answered, by its own name.'),
      );
    }
    if (tokens.length > 0 && !hasToken(request, tokens)) {
      const answer = problem(401, 'Unauthorized', 'A bearer token is needed.');
      return this.#counted({ ...answer, headers: { 'www-authenticate': 'Bearer' } });
    }
    return this.#allowed.take() ? null : tooMany;
  }

  #counted(answer: Answer): Answer {
    return this.#refused.take() ? answer : tooMany;
  }

  async #run(route: Route | null, request: IncomingMessage): Promise<Answer> {
    if (route === null) return problem(404, 'Not Found', 'See /openapi.json for what there is.');
    const { method } = request;
    if (method !== route.method && !(method === 'HEAD' && route.method === 'GET')) {
      const allow = route.method === 'GET' ? 'GET, HEAD' : 'POST';
      return { ...problem(405, 'Method Not Allowed', `Only ${allow}.`), headers: { allow } };
    }
    const source = this.#options.source();
    if (source === null) return notNow('starting');
    const found = await route.run(source);
    if (!('address' in found)) return found;
    if (isForwarded(request)) return notNow('moved');
    const { tokens, tls } = this.#options;
    return forward(request, found.address, { token: tokens[0] ?? null, tls });
  }
}

const broken = problem(500, 'Internal Server Error', 'The answer could not be computed.');
const tooMany: Answer = {
  ...problem(429, 'Too Many Requests', 'Ask again in a second.'),
  headers: { 'retry-after': '1' },
};

function isForwarded({ headers }: IncomingMessage): boolean {
  return headers[forwardedHeader] !== undefined;
}

/** Null = there is nothing at this path. */
function routeOf(request: IncomingMessage, document: object): Route | null {
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
  const parts = path.split('/').slice(1);
  switch (parts[0]) {
    case 'openapi.json':
      return parts.length === 1 ? get('/openapi.json', () => json(200, document)) : null;
    case 'v1':
      return parts[1] === 'customers' || parts[1] === 'tasks' ? deepRoute(parts) : plainRoute(parts);
    default:
      return null;
  }
}

function plainRoute([, name, ...rest]: readonly string[]): Route | null {
  if (rest.length > 0) return null;
  switch (name) {
    case 'tiers':
      return get('/v1/tiers', (source) => json(200, source.tiers()));
    case 'model':
      return get('/v1/model', (source) => json(200, source.model()));
    case 'forecasts':
      return get('/v1/forecasts', async (source) => json(200, await source.forecasts()));
    default:
      return null;
  }
}

function deepRoute([, name, given, view, ...rest]: readonly string[]): Route | null {
  if (name === 'tasks' && given === undefined) return get('/v1/tasks', (source) => json(200, source.tasks()));
  const id = decoded(given);
  if (id === null || id === '' || rest.length > 0) return null;
  if (name === 'customers') return customerRoute(id, view);
  if ((view !== 'pause' && view !== 'resume') || !/^\d{1,5}$/.test(id)) return null;
  const run: Route['run'] = (source) => {
    const done = source.pause(Number(id), view === 'pause');
    return done === null ? problem(404, 'Not Found', 'There is no such task.') : answered(done);
  };
  return { template: `/v1/tasks/{partition}/${view}`, method: 'POST', run };
}

function customerRoute(customerId: string, view: string | undefined): Route | null {
  const of = (template: ApiRoute, ask: (source: ApiSource) => LookUp<object>): Route => ({
    template,
    method: 'GET',
    customerId,
    run: (source) => answered(ask(source)),
  });
  switch (view) {
    case undefined:
      return of('/v1/customers/{customerId}', (source) => source.profile(customerId));
    case 'explain':
      return of('/v1/customers/{customerId}/explain', (source) => source.explanation(customerId));
    case 'timeline':
      return of('/v1/customers/{customerId}/timeline', (source) => source.timeline(customerId));
    default:
      return null;
  }
}

function get(template: ApiRoute, run: Route['run']): Route {
  return { template, method: 'GET', run };
}

function answered(found: LookUp<object>): Answer | { readonly address: string } {
  switch (found.kind) {
    case 'found':
      return json(200, found.value);
    case 'unknown':
      return problem(404, 'Not Found', 'No event of this customer was ever applied.');
    case 'elsewhere':
      return { address: found.address };
    case 'not_now':
      return notNow(found.why);
  }
}

function decoded(part: string | undefined): string | null {
  try {
    return decodeURIComponent(part ?? '');
  } catch {
    return null;
  }
}
