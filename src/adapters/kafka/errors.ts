/**
 * kafkajs' errors as the pipeline knows them: fenced, not allowed, not available, refused; anything else as it came.
 * The message names the cause; the original error is kept as `cause`.
 */
import { DataRefusedError, FencedError, UnavailableError } from '../../pipeline/ports.ts';
import type { KafkajsError } from './internals.ts';

/** A DataRefusedError that kafkajs' retrier passes on at once. */
export function refusal(message: string): DataRefusedError {
  return Object.assign(new DataRefusedError(message), { retriable: false });
}

/** The cluster knows us and does not allow it, or does not know us. Retrying does not help soon. */
export class AccessDeniedError extends Error {
  override readonly name = 'AccessDeniedError';
}

/** PRODUCER_FENCED is not in kafkajs' table of codes and arrives as this text. */
const unknownCode90 = 'Unknown error code 90';

/** A refusal that kafkajs calls retriable (a leader moved, a coordinator loads) comes as the first of these. */
const unavailable = new Set([
  'KafkaJSNumberOfRetriesExceeded',
  'KafkaJSConnectionError',
  'KafkaJSConnectionClosedError',
  'KafkaJSRequestTimeoutError',
  'KafkaJSBrokerNotFound',
  'KafkaJSNoBrokerAvailableError',
  'KafkaJSGroupCoordinatorNotFound',
  'KafkaJSLockTimeout',
  'KafkaJSTimeout',
]);

/** OpenSSL's and Node's codes for a peer that is not who it must be, or does not take us for whom we must be. */
const tlsRefusal =
  /^(?:CERT_|UNABLE_TO_|SELF_SIGNED_CERT|DEPTH_ZERO_SELF_SIGNED|HOSTNAME_MISMATCH|ERR_TLS_|ERR_SSL_|EPROTO$)/;

/** An error and its causes, outermost first; kafkajs wraps up to three deep. */
function causes(error: unknown): readonly KafkajsError[] {
  const chain: KafkajsError[] = [];
  for (let at: unknown = error; at instanceof Error && chain.length < 10; at = at.cause) chain.push(at);
  return chain;
}

/**
 * The error the port promises, for `what` was being done ("commit of task 3"). Errors of the port and unknown ones
 * come back as they are.
 */
export function portError(error: unknown, what: string): Error {
  const chain = causes(error);
  const ours = chain.find((cause) => cause instanceof DataRefusedError || cause instanceof FencedError);
  if (ours instanceof Error) return ours;
  for (const { name, type, message } of chain) {
    if (type === 'INVALID_PRODUCER_EPOCH' || message === unknownCode90) {
      return new FencedError(`${what}: another producer holds the id, or the transaction timed out`, { cause: error });
    }
    if (type?.endsWith('_AUTHORIZATION_FAILED') === true || name === 'KafkaJSSASLAuthenticationError') {
      return new AccessDeniedError(`${what}: ${type ?? 'SASL_AUTHENTICATION_FAILED'}`, { cause: error });
    }
  }
  const refusedTls = chain.find(({ code }) => typeof code === 'string' && tlsRefusal.test(code));
  if (refusedTls !== undefined) {
    return new AccessDeniedError(`${what}: TLS is refused: ${refusedTls.message ?? ''}`, { cause: error });
  }
  const cause = chain.find(({ name }) => name !== undefined && unavailable.has(name));
  if (cause !== undefined) return new UnavailableError(`${what}: ${cause.message ?? ''}`, { cause: error });
  return error instanceof Error ? error : new Error(`${what}: ${String(error)}`);
}
