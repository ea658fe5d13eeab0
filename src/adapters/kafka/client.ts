/**
 * How a Kafka client of this product is configured: addresses, time-outs, security, and where its log lines go.
 * Every client of the room (group consumer, task producers, admin) is made here.
 */
import type { Kafka, KafkaConfig, LogEntry, logLevel } from 'kafkajs';
import type { Logger } from '../../pipeline/ports.ts';
import { kafkajs } from './kafkajs.ts';

/** What is needed to reach a cluster. */
export interface KafkaEndpoint {
  /** `host:port` of one or more brokers. */
  readonly brokers: readonly string[];
  readonly logger: Logger;
  /** How it is spoken to, in a function so that no log of the endpoint shows it; absent = plaintext, to anybody. */
  readonly security?: () => KafkaSecurity;
}

/** Encryption and identity; PEM texts. A certificate of a broker is always verified. */
export interface KafkaSecurity {
  readonly tls: { readonly ca: string | null; readonly cert: string | null; readonly key: string | null } | null;
  readonly sasl:
    | {
        readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
        readonly username: string;
        readonly password: string;
      }
    | { readonly mechanism: 'oauthbearer'; readonly token: () => string }
    | null;
}

/** Time-outs that the parts of this room must agree on; design section 4. */
export const timeouts = {
  requestMs: 5_000,
  connectionMs: 3_000,
  heartbeatMs: 2_000,
  sessionMs: 10_000,
  rebalanceMs: 60_000,
  transactionMs: 15_000,
  fetchWaitMs: 100,
  /** Age at which topic metadata is asked for again; a changed partition count is noticed this late. */
  metadataMs: 60_000,
} as const;

/** kafkajs logs every retry as an error, and whole payloads beside it: only these fields are passed on. */
const loggedFields = ['broker', 'error', 'topic', 'partition', 'groupId', 'retryCount'] as const;

/** kafkajs' log lines as ours, one level down: what is an error for us is an error that reaches us. */
export function logCreator(logger: Logger): () => (entry: LogEntry) => void {
  return () =>
    ({ namespace, level, log }) => {
      // A response with an error code is thrown to whoever asked, and often means "not yet".
      if (namespace === 'Connection' && log.message.startsWith('Response ')) return;
      const fields: Record<string, unknown> = { namespace, message: log.message };
      const given = log as Readonly<Record<string, unknown>>;
      for (const name of loggedFields) if (given[name] !== undefined) fields[name] = textOf(given[name]);
      if (level === (kafkajs.logLevel.ERROR satisfies logLevel)) logger.warn('kafka.client', fields);
      else logger.info('kafka.client', fields);
    };
}

function textOf(value: unknown): string | number {
  if (typeof value === 'number') return value;
  return value instanceof Error ? value.message : String(value);
}

function security({ tls, sasl }: KafkaSecurity): Pick<KafkaConfig, 'ssl' | 'sasl'> {
  return {
    ...(tls === null ? {} : { ssl: tlsOptions(tls) }),
    ...(sasl === null ? {} : { sasl: saslOptions(sasl) }),
  };
}

function tlsOptions({ ca, cert, key }: NonNullable<KafkaSecurity['tls']>): NonNullable<KafkaConfig['ssl']> {
  return {
    minVersion: 'TLSv1.2',
    ...(ca === null ? {} : { ca }),
    ...(cert === null || key === null ? {} : { cert, key }),
  };
}

function saslOptions(sasl: NonNullable<KafkaSecurity['sasl']>): NonNullable<KafkaConfig['sasl']> {
  // kafkajs' type has one member per mechanism, all of the same shape.
  if (sasl.mechanism !== 'oauthbearer') return { ...sasl } as NonNullable<KafkaConfig['sasl']>;
  return {
    mechanism: sasl.mechanism,
    oauthBearerProvider: () => new Promise((given) => given({ value: sasl.token() })),
  };
}

/**
 * How often a broker that cannot be reached is tried again, at most once a second: about as many seconds.
 * `short` lets the caller decide soon; `long` outlasts the restart of a broker.
 */
const patience = { short: 8, long: 35 } as const;

/** A client object: no connection is made before a producer, consumer or admin of it connects. */
export function createKafka(endpoint: KafkaEndpoint, clientId: string, tries: keyof typeof patience = 'short'): Kafka {
  return new kafkajs.Kafka({
    clientId,
    brokers: [...endpoint.brokers],
    requestTimeout: timeouts.requestMs,
    connectionTimeout: timeouts.connectionMs,
    retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: patience[tries] },
    logLevel: kafkajs.logLevel.WARN,
    logCreator: logCreator(endpoint.logger),
    ...(endpoint.security === undefined ? {} : security(endpoint.security())),
  });
}
