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

/** CloudEvents type by topic; it does not follow an installation's topic names. */
const eventTypes: Readonly<Record<Transition['topic'], string>> = {
  tierChanged: 'customer-value.tier-changed.v1',
  lifecycleChanged: 'customer-value.lifecycle-changed.v1',
  churnAlert: 'customer-value.churn-alert.v1',
};

/** Attribute headers of one transition; `recordedtime` and `traceparent` are the only ones that differ in a replay. */
export function transitionHeaders(transition: Transition, context: TransitionHeaders): Record<string, string> {
  const { value } = transition;
  const headers: Record<string, string> = {
    ce_specversion: '1.0',
    ce_id: value.eventId,
    ce_source: context.source,
    ce_type: eventTypes[transition.topic],
    ce_subject: value.customerId,
    ce_time: isoInstant(value.effectiveAt),
    ce_dataschema: context.schemaUrl,
    ce_partitionkey: value.customerId,
    ce_sequence: String(value.sequence),
    ce_recordedtime: recordedTime(context.recordedAtMs),
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
  /** Hex SHA-256. */
  readonly sha256: (bytes: Buffer) => string;
}

/**
 * Most bytes a dead letter takes over from its record; what is larger is not sent on, since the broker would refuse
 * the letter, and with it the transaction, for ever. Topics take letters of `letterBytesMax`.
 */
export const letterLimits = { valueBytes: 1_048_576, keyBytes: 65_536, headerBytes: 65_536 } as const;
/** `max.message.bytes` of the dead letters: all of `letterLimits` with room for the headers written here. */
export const letterBytesMax = 2_097_152;

/**
 * The dead letter of a rejected record: its own bytes, its place of origin, a closed reason code. Of a key or value
 * beyond `letterLimits` only SHA-256 and size go on, of headers beyond it the size. For a batch that cannot be unpacked
 * there is one letter: the batch is its value, its offset that of the last record.
 */
export function deadLetter(origin: DeadLetterOrigin): OutRecord {
  const { record, sha256 } = origin;
  // Without a prototype: a header may be called `__proto__`.
  const headers = Object.create(null) as Record<string, string | Buffer>;
  const ownBytes = bytesOf(record.headers);
  if (ownBytes <= letterLimits.headerBytes) {
    for (const [name, value] of Object.entries(record.headers)) if (value !== undefined) headers[name] = value;
  } else {
    headers['clientele.errors.headers.bytes'] = String(ownBytes);
  }
  headers['clientele.reason'] = origin.reason;
  headers['clientele.errors.stage'] = origin.stage;
  headers['clientele.errors.topic'] = origin.topic;
  headers['clientele.errors.partition'] = String(origin.partition);
  headers['clientele.errors.offset'] = String(record.offset);
  headers['clientele.errors.timestamp'] = String(record.timestampMs);
  headers['clientele.errors.app.version'] = origin.engineVersion;
  if (origin.schemaId !== null) headers['clientele.errors.schema.id'] = String(origin.schemaId);
  if (record.unreadable !== undefined) {
    const { firstOffset, records, compression } = record.unreadable;
    headers['clientele.errors.batch.offset'] = String(firstOffset);
    headers['clientele.errors.batch.records'] = String(records);
    headers['clientele.errors.batch.compression'] = compression;
  }
  const kept = (what: 'key' | 'value', bytes: Buffer | null, bytesMax: number): Buffer | null => {
    if (bytes === null || bytes.length <= bytesMax) return bytes;
    headers[`clientele.errors.${what}.sha256`] = sha256(bytes);
    headers[`clientele.errors.${what}.bytes`] = String(bytes.length);
    return null;
  };
  const key = kept('key', record.key, letterLimits.keyBytes);
  return { key, value: kept('value', record.value, letterLimits.valueBytes), headers };
}

/** Bytes of headers as a record carries them, at most: names count as if every letter took three. */
function bytesOf(headers: RawRecord['headers']): number {
  let bytes = 0;
  for (const [name, value] of Object.entries(headers)) bytes += 3 * name.length + (value?.length ?? 0) + 10;
  return bytes;
}

/** W3C trace context, the one header that goes from an input to a transition; anything else is not passed on. */
export function traceparentOf(headers: RawRecord['headers']): string | null {
  const text = headers['traceparent'];
  if (text?.length !== traceparentBytes) return null;
  const traceparent = text.toString('latin1');
  return /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(traceparent) ? traceparent : null;
}

const traceparentBytes = 55;

let recorded = { epochMs: 0, text: isoInstant(0) };

/** As `isoInstant`, remembered: all records of a commit tell the same. */
function recordedTime(epochMs: number): string {
  if (recorded.epochMs !== epochMs) recorded = { epochMs, text: isoInstant(epochMs) };
  return recorded.text;
}

/** ISO 8601 with milliseconds, UTC, of an epoch instant in ms. */
export function isoInstant(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
