/**
 * Header contracts: CloudEvents 1.0 Kafka binary mode on transitions, origin and reason on dead letters.
 * Dead letters carry the original key and value bytes and no field values.
 */
import type { ReasonCode } from '../domain/outcome.ts';
import type { Transition } from '../domain/step.ts';
import type { Stage } from './decode.ts';
import type { OutRecord, RawRecord } from './ports.ts';

export interface TransitionHeaders {
  /** CloudEvents source: the application. */
  readonly source: string;
  readonly schemaUrl: string;
  readonly recordedAtMs: number;
  readonly traceparent: string | null;
}

/** Attribute headers of one transition; `recordedtime` and `traceparent` are the only ones that differ in a replay. */
export function transitionHeaders(transition: Transition, context: TransitionHeaders): Record<string, string> {
  const { value } = transition;
  const headers: Record<string, string> = {
    ce_specversion: '1.0',
    ce_id: value.eventId,
    ce_source: context.source,
    ce_type: 'customer-value.tier-changed.v1',
    ce_subject: value.customerId,
    ce_time: isoInstant(value.effectiveAt),
    ce_dataschema: context.schemaUrl,
    ce_partitionkey: value.customerId,
    ce_sequence: String(value.sequence),
    ce_recordedtime: isoInstant(context.recordedAtMs),
    'content-type': 'application/avro',
  };
  if (value.causationId !== null) headers['ce_causationid'] = value.causationId;
  if (context.traceparent !== null) headers['ce_traceparent'] = context.traceparent;
  return headers;
}

export interface DeadLetterOrigin {
  readonly topic: string;
  readonly partition: number;
  readonly record: RawRecord;
  readonly reason: ReasonCode;
  readonly stage: Stage;
  readonly schemaId: number | null;
  readonly engineVersion: string;
  /** Hex SHA-256 of the value, for `oversized` only: such a value is not sent on. */
  readonly valueSha256: string | null;
}

/** The dead letter of a rejected record: its own bytes, its place of origin, a closed reason code. */
export function deadLetter(origin: DeadLetterOrigin): OutRecord {
  const { record } = origin;
  const headers: Record<string, string | Buffer> = {};
  for (const [name, value] of Object.entries(record.headers)) if (value !== undefined) headers[name] = value;
  headers['clientele.reason'] = origin.reason;
  headers['clientele.errors.stage'] = origin.stage;
  headers['clientele.errors.topic'] = origin.topic;
  headers['clientele.errors.partition'] = String(origin.partition);
  headers['clientele.errors.offset'] = String(record.offset);
  headers['clientele.errors.timestamp'] = String(record.timestampMs);
  headers['clientele.errors.app.version'] = origin.engineVersion;
  if (origin.schemaId !== null) headers['clientele.errors.schema.id'] = String(origin.schemaId);
  if (origin.valueSha256 === null) return { key: record.key, value: record.value, headers };
  headers['clientele.errors.value.sha256'] = origin.valueSha256;
  headers['clientele.errors.value.bytes'] = String(record.value?.length ?? 0);
  return { key: record.key, value: null, headers };
}

/** ISO 8601 with milliseconds, UTC, of an epoch instant in ms. */
export function isoInstant(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
