/**
 * One raw record → an event or a rejection with its reason, in the order of precedence of `reasonCodes`.
 * Deciding only: the dead letter is written by the commit.
 */
import type { InputEvent } from '../domain/event.ts';
import type { Model } from '../domain/model.ts';
import { reasonCodes, type ReasonCode } from '../domain/outcome.ts';
import { validate } from '../domain/validate.ts';
import { partitionOf } from './murmur2.ts';
import type { Codec, InputName, RawRecord } from './ports.ts';

/** Where a record was refused: its bytes, or what they say. */
export type Stage = 'decode' | 'validate';

export type DecodedRecord =
  | { readonly kind: 'event'; readonly event: InputEvent }
  | { readonly kind: 'rejected'; readonly reason: ReasonCode; readonly stage: Stage; readonly schemaId: number | null }
  | { readonly kind: 'unknown_schema'; readonly schemaId: number };

export interface DecodeContext {
  readonly codec: Codec;
  readonly model: Model;
  readonly input: InputName;
  /** The partition the record was read from, and how many its topic has. */
  readonly partition: number;
  readonly partitionCount: number;
}

type Rejected = Extract<DecodedRecord, { kind: 'rejected' }>;

/**
 * Never throws for data. A value the codec refuses is not read further: with a number in it that nobody can hold, its
 * customerId is not compared with the key.
 */
export function decodeRecord(record: RawRecord, context: DecodeContext): DecodedRecord {
  const { value, unreadable } = record;
  if (unreadable !== undefined) return rejected(unreadable.reason, 'decode');
  const keyFault = keyFaultOf(record.key, context);
  if (value === null) return keyFault?.reason === 'empty_key' ? keyFault : rejected('tombstone', 'decode');
  const decoded = context.codec.decode(context.input, value);
  if (decoded.kind === 'unknown_schema') return decoded;
  if (decoded.kind === 'rejected') return first({ ...decoded, stage: 'decode' }, keyFault);
  const event = decoded.decoded;
  const about = { key: keyText(record.key), brokerTimestampMs: record.timestampMs };
  const invalid = validate(event, about, context.model);
  const fault = invalid === null ? keyFault : first(rejected(invalid, 'validate'), keyFault);
  return fault ?? { kind: 'event', event };
}

/** What is wrong with a key whatever the value says. */
function keyFaultOf(key: Buffer | null, { partition, partitionCount }: DecodeContext): Rejected | null {
  if (key === null || key.length === 0) return rejected('empty_key', 'decode');
  return partitionOf(key, partitionCount) === partition ? null : rejected('wrong_partition', 'validate');
}

/** The key as text; null for one that is no UTF-8: it is nobody's id, however its replacement characters may read. */
function keyText(key: Buffer | null): string | null {
  const text = key === null ? '' : key.toString('utf8');
  return text.includes('\uFFFD') && key !== null && !Buffer.from(text).equals(key) ? null : text;
}

/** The one that comes first in `reasonCodes`. */
function first(left: Rejected, right: Rejected | null): Rejected {
  if (right === null) return left;
  return reasonCodes.indexOf(left.reason) <= reasonCodes.indexOf(right.reason) ? left : right;
}

function rejected(reason: ReasonCode, stage: Stage): Rejected {
  return { kind: 'rejected', reason, stage, schemaId: null };
}
