// A proxy in front of real brokers that speaks enough of Kafka to hit one request or one answer, and no other: by API,
// client, transactional id and occurrence. Each rule counts what it did, so a test can assert that its fault happened.
// Clients stay behind it because the addresses in Metadata and FindCoordinator are replaced by its own.
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import {
  apiKeys,
  framed,
  FrameSplitter,
  readRequest,
  response,
  rewriteBrokers,
  transactionalIdOf,
  type ApiName,
  type KafkaRequest,
} from './kafka-frames.ts';

/** What is done to a matching request or to its answer. Held ones go on at `release`. */
export type Action =
  | { readonly kind: 'dropRequest' | 'dropResponse' }
  | { readonly kind: 'holdRequest' | 'holdResponse' }
  /** The connection is reset before the broker has the request, or when it has executed and answered it. */
  | { readonly kind: 'resetRequest' | 'resetResponse' }
  | { readonly kind: 'delayRequest'; readonly ms: number }
  | { readonly kind: 'delayResponse'; readonly ms: number }
  /** The broker never has the request; the client gets this body as its answer. */
  | { readonly kind: 'answer'; readonly body: (request: KafkaRequest) => Buffer };

export interface Match {
  /** Absent = every API: drop one way by `dropRequest` or `dropResponse`. */
  readonly api?: ApiName;
  readonly clientId?: string | RegExp;
  readonly transactionalId?: string;
  readonly where?: (request: KafkaRequest) => boolean;
  /** The first match that is acted on, counted from 1 since the rule was set; default 1. */
  readonly from?: number;
  /** How many matches are acted on; default 1. */
  readonly times?: number;
}

/** What the proxy saw of one request. */
export interface Seen {
  readonly request: KafkaRequest;
  /** Number of the connection it came on. */
  readonly connection: number;
  /** What the broker answered, of answers as short as those of transactions; null = nothing yet. */
  answer: Buffer | null;
}

export class Rule {
  readonly match: Match;
  readonly action: Action;
  /** Resolves at the first match acted on. */
  readonly happened: Promise<unknown>;
  /** The requests it acted on, in order. */
  readonly hits: Seen[] = [];
  #matched = 0;
  #ended = false;
  #held: (() => void)[] = [];
  readonly #happen: () => void;

  constructor(match: Match, action: Action) {
    this.match = match;
    this.action = action;
    const { promise, resolve } = Promise.withResolvers();
    this.happened = promise;
    this.#happen = () => resolve(undefined);
  }

  /** How often this rule has acted: for a rule on answers, the answers that were lost, not the requests seen. */
  seen(): number {
    return this.hits.length;
  }

  /** Acts no more; what was held goes on, in order. */
  release(): void {
    this.#ended = true;
    for (const go of this.#held.splice(0)) go();
  }

  /** Called by the proxy once per request: does this rule want it? */
  wants(request: KafkaRequest): boolean {
    const { api, clientId, transactionalId, where, from = 1, times = 1 } = this.match;
    if (this.#ended) return false;
    if (api !== undefined && apiKeys[api] !== request.apiKey) return false;
    if (typeof clientId === 'string' && clientId !== request.clientId) return false;
    if (clientId instanceof RegExp && !clientId.test(request.clientId ?? '')) return false;
    if (transactionalId !== undefined && transactionalId !== transactionalIdOf(request)) return false;
    if (where !== undefined && !where(request)) return false;
    this.#matched += 1;
    return this.#matched >= from && this.#matched < from + times;
  }

  /** Called by the proxy when it acts. */
  acted(seen: Seen): void {
    this.hits.push(seen);
    this.#happen();
  }

  /** Called by the proxy: `go` runs at `release`. */
  hold(go: () => void): void {
    this.#held.push(go);
  }
}

/** Longer answers are not kept. */
const keptBytesMax = 1_024;

export class FaultProxy {
  /** Requests in the order they came, fetches and heartbeats included. */
  readonly seen: Seen[] = [];
  /** Errors of the proxy itself: a test that leaves some has proved nothing. */
  readonly errors: Error[] = [];
  #rules: Rule[] = [];
  #connections = 0;
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();
  /** Proxy address by broker address. */
  readonly #addresses = new Map<string, string>();

  private constructor() {
    // Made by `open`.
  }

  /** Listens on a free port of this machine for each of `brokers` (`host:port`). */
  static async open(brokers: readonly string[]): Promise<FaultProxy> {
    const proxy = new FaultProxy();
    for (const broker of brokers) {
      const server = createServer((client) => proxy.#accept(client, broker));
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      proxy.#servers.push(server);
      proxy.#addresses.set(broker, `127.0.0.1:${(server.address() as AddressInfo).port}`);
    }
    return proxy;
  }

  /** Where clients connect. */
  get brokers(): string[] {
    return [...this.#addresses.values()];
  }

  /** Rules are asked in the order they were set; the first that wants a request has it. */
  rule(match: Match, action: Action): Rule {
    const rule = new Rule(match, action);
    this.#rules.push(rule);
    return rule;
  }

  /** Ends every rule; what was held goes on. */
  clear(): void {
    for (const rule of this.#rules.splice(0)) rule.release();
  }

  /** Requests of one API seen so far, of one client where given. */
  count(api: ApiName, clientId?: string): number {
    return this.seen.filter(
      ({ request }) => request.apiKey === apiKeys[api] && (clientId === undefined || request.clientId === clientId),
    ).length;
  }

  async close(): Promise<void> {
    this.clear();
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(this.#servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }

  #accept(client: Socket, broker: string): void {
    this.#connections += 1;
    const cut = broker.lastIndexOf(':');
    const upstream = connect(Number(broker.slice(cut + 1)), broker.slice(0, cut));
    for (const socket of [client, upstream]) {
      socket.setNoDelay(true);
      this.#sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.once('close', () => this.#sockets.delete(socket));
    }
    new Connection(client, upstream, {
      number: this.#connections,
      addresses: this.#addresses,
      ruleFor: (request) => this.#rules.find((rule) => rule.wants(request)),
      seen: (seen) => this.seen.push(seen),
      failed: (error) => this.errors.push(error),
    });
  }
}

interface Surroundings {
  readonly number: number;
  readonly addresses: ReadonlyMap<string, string>;
  ruleFor(request: KafkaRequest): Rule | undefined;
  seen(seen: Seen): void;
  failed(error: Error): void;
}

/** One client connection and its own connection to the broker. */
class Connection {
  readonly #client: Socket;
  readonly #upstream: Socket;
  readonly #around: Surroundings;
  readonly #pending = new Map<number, { readonly seen: Seen; readonly rule: Rule | undefined }>();
  #heldRequests = 0;
  /** Held requests that were forwarded and are not answered yet. */
  #late = 0;

  constructor(client: Socket, upstream: Socket, around: Surroundings) {
    this.#client = client;
    this.#upstream = upstream;
    this.#around = around;
    this.#frames(client, (frame) => this.#request(frame));
    this.#frames(upstream, (frame) => this.#response(frame));
    client.once('close', () => this.#closeUnneeded());
    upstream.once('close', () => client.destroy());
  }

  #frames(socket: Socket, take: (frame: Buffer) => void): void {
    const splitter = new FrameSplitter();
    socket.on('data', (chunk: Buffer) => {
      try {
        for (const frame of splitter.push(chunk)) take(frame);
      } catch (error) {
        this.#around.failed(error instanceof Error ? error : new Error(String(error)));
        this.#client.destroy();
        this.#upstream.destroy();
      }
    });
  }

  /** The way to the broker outlives its client while a held request is still to be executed. */
  #closeUnneeded(): void {
    if (this.#client.destroyed && this.#heldRequests === 0 && this.#late === 0) this.#upstream.destroy();
  }

  #request(frame: Buffer): void {
    // Copied: a held frame must not keep, or share, the chunk it came in.
    const request = readRequest(Buffer.from(frame));
    const seen: Seen = { request, connection: this.#around.number, answer: null };
    this.#around.seen(seen);
    const rule = this.#around.ruleFor(request);
    const forward = (): void => {
      this.#pending.set(request.correlationId, { seen, rule });
      this.#upstream.write(framed(frame));
    };
    const { action } = rule ?? {};
    if (rule === undefined || action === undefined || action.kind.endsWith('Response')) {
      forward();
      return;
    }
    rule.acted(seen);
    const late = (): void => {
      this.#heldRequests -= 1;
      this.#late += 1;
      forward();
    };
    if (action.kind === 'resetRequest') this.#client.resetAndDestroy();
    else if (action.kind === 'answer')
      this.#client.write(framed(response(request.correlationId, action.body(request))));
    if (action.kind !== 'holdRequest' && action.kind !== 'delayRequest') return;
    this.#heldRequests += 1;
    if (action.kind === 'delayRequest') setTimeout(late, action.ms);
    else rule.hold(late);
  }

  #response(frame: Buffer): void {
    const correlationId = frame.readInt32BE(0);
    const pending = this.#pending.get(correlationId);
    if (pending === undefined) throw new Error(`an answer to ${correlationId}, which was not asked`);
    this.#pending.delete(correlationId);
    const { seen, rule } = pending;
    if (rule?.action.kind === 'holdRequest' || rule?.action.kind === 'delayRequest') this.#late -= 1;
    seen.answer = Buffer.from(frame.subarray(4, 4 + keptBytesMax));
    const body = rewriteBrokers(seen.request, frame.subarray(4), this.#around.addresses);
    const forward = (): void => {
      if (!this.#client.destroyed) this.#client.write(framed(response(correlationId, body)));
    };
    const { action } = rule ?? {};
    if (rule === undefined || action === undefined || !action.kind.endsWith('Response')) {
      forward();
      this.#closeUnneeded();
      return;
    }
    rule.acted(seen);
    if (action.kind === 'resetResponse') this.#client.resetAndDestroy();
    else if (action.kind === 'holdResponse') rule.hold(forward);
    else if (action.kind === 'delayResponse') setTimeout(forward, action.ms);
  }
}
