/**
 * One raw record → an event or a rejection with its reason, in the order of precedence of `reasonCodes`.
 * Deciding only: the dead letter is written by the commit.
 */
import type { InputEvent } from '../domain/event.ts';
import type { ReasonCode } from '../domain/outcome.ts';
import { partitionOf } from './murmur2.ts';
import type { Codec, InputName, RawRecord } from './ports.ts';

export type DecodedRecord =
  | { readonly kind: 'event'; readonly event: InputEvent }
  | { readonly kind: 'rejected'; readonly reason: ReasonCode; readonly schemaId: number | null }
  | { readonly kind: 'unknown_schema'; readonly schemaId: number };

export interface DecodeContext {
  readonly codec: Codec;
  readonly input: InputName;
  /** The partition the record was read from, and how many its topic has. */
  readonly partition: number;
  readonly partitionCount: number;
}

/** Bytes and placement only; whether the event makes sense is `validate`'s to say, when it is its turn. */
export function decodeRecord(record: RawRecord, context: DecodeContext): DecodedRecord {
  const { key, value } = record;
  const emptyKey = key === null || key.length === 0;
  if (value === null) return rejected(emptyKey ? 'empty_key' : 'tombstone');
  const decoded = context.codec.decode(context.input, value);
  if (decoded.kind !== 'event') return decoded;
  if (emptyKey) return rejected('empty_key');
  const event = decoded.decoded;
  if (key.toString('utf8') !== event.event.customerId) return rejected('key_mismatch');
  if (partitionOf(key, context.partitionCount) !== context.partition) return rejected('wrong_partition');
  return { kind: 'event', event };
}

function rejected(reason: ReasonCode): DecodedRecord {
  return { kind: 'rejected', reason, schemaId: null };
}
