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

/** Never throws for data. */
export function decodeRecord(record: RawRecord, context: DecodeContext): DecodedRecord {
  const { key, value } = record;
  const emptyKey = key === null || key.length === 0;
  if (value === null) return rejected(emptyKey ? 'empty_key' : 'tombstone', 'decode');
  const decoded = context.codec.decode(context.input, value);
  if (decoded.kind === 'unknown_schema') return decoded;
  if (decoded.kind === 'rejected') return { ...decoded, stage: 'decode' };
  if (emptyKey) return rejected('empty_key', 'decode');
  const event = decoded.decoded;
  const misplaced = partitionOf(key, context.partitionCount) !== context.partition;
  const about = { key: keyText(key), brokerTimestampMs: record.timestampMs };
  const invalid = validate(event, about, context.model);
  if (misplaced && (invalid === null || rank(invalid) > rank('wrong_partition'))) {
    return rejected('wrong_partition', 'validate');
  }
  return invalid === null ? { kind: 'event', event } : rejected(invalid, 'validate');
}

/** The key as text; one that is no UTF-8 is nobody's id, however its replacement characters may read. */
function keyText(key: Buffer): string {
  const text = key.toString('utf8');
  return text.includes('\uFFFD') && !Buffer.from(text).equals(key) ? '' : text;
}

function rank(reason: ReasonCode): number {
  return reasonCodes.indexOf(reason);
}

function rejected(reason: ReasonCode, stage: Stage): DecodedRecord {
  return { kind: 'rejected', reason, stage, schemaId: null };
}
