/**
 * The Logger port on pino: one JSON object per line on stderr, `event` = noun.verb, `time` in ISO 8601.
 *
 * No customer data: fields are for counts, names, positions and reasons. As a second net, fields that could carry
 * a customer (key, value, customerId, payload, credentials) are replaced before they are written, two levels deep.
 */
import { type DestinationStream, pino, stdTimeFunctions } from 'pino';
import type { Logger } from '../../pipeline/ports.ts';

/** Fields that never reach a log, at the top and one level down. */
export const redactedFields = ['customerId', 'key', 'value', 'headers', 'payload', 'password', 'sasl'] as const;

export interface LoggerOptions {
  readonly level: 'info' | 'warn' | 'error';
  /** Fields of every line, such as the application id. */
  readonly base: Readonly<Record<string, string | number>>;
  /** Where lines go; process.stderr, written synchronously, when absent. */
  readonly destination?: DestinationStream;
}

/** Returns a Logger; a field named `error` that holds an Error is written with type, message, stack and cause. */
export function createLogger(options: LoggerOptions): Logger {
  const log = pino(
    {
      level: options.level,
      base: options.base,
      messageKey: 'event',
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: pino.stdSerializers.err },
      redact: { paths: redactedFields.flatMap((field) => [field, `*.${field}`]), censor: '[redacted]' },
    },
    options.destination ?? pino.destination({ fd: 2, sync: true }),
  );
  return {
    info: (event, fields) => log.info(fields ?? {}, event),
    warn: (event, fields) => log.warn(fields ?? {}, event),
    error: (event, fields) => log.error(fields ?? {}, event),
  };
}
