/**
 * Defect: the headers of a record that was read are collected by copying all of them for each one.
 * Symptom: quadratic time with the event loop held; a record of 150 kB with 20,000 headers takes minutes, so that the
 * member leaves the group, and so does the next one that reads it.
 * Source: protocol/recordBatch/record/v0/decoder.js, .../header/v0/decoder.js.
 * Patch: the same result, one assignment per header; an object without a prototype, so that a name is only a name.
 */
import type { Patch } from './patch.ts';

interface RecordDecoder {
  readInt8(): number;
  readVarInt(): number;
  readVarLong(): unknown;
  readVarIntBytes(): Buffer | null;
  readVarIntString(): string;
}

interface BatchContext {
  readonly firstOffset: string;
  readonly firstTimestamp: string;
  readonly magicByte: number;
  readonly isControlBatch?: boolean;
  readonly timestampType: number;
  readonly maxTimestamp: string;
}

interface LongFactory {
  fromValue(value: unknown): { add(other: unknown): { toString(): string } };
}

type HeaderValue = Buffer | null;

/** Most records have none. */
const noHeaders = Object.freeze({});

export const linearHeaders: Patch = {
  name: 'linear-headers',
  install(source) {
    const long = source.load('utils/long') as LongFactory;
    const { LOG_APPEND_TIME } = source.load('protocol/timestampTypes') as { readonly LOG_APPEND_TIME: number };
    source.replace('protocol/recordBatch/record/v0/decoder', (decoder: RecordDecoder, context: BatchContext) => {
      const { firstOffset, firstTimestamp, magicByte, isControlBatch = false, timestampType, maxTimestamp } = context;
      const attributes = decoder.readInt8();
      const timestampDelta = decoder.readVarLong();
      const isStamped = timestampType === LOG_APPEND_TIME && maxTimestamp !== '';
      const timestamp = isStamped ? maxTimestamp : long.fromValue(firstTimestamp).add(timestampDelta).toString();
      const offset = long.fromValue(firstOffset).add(decoder.readVarInt()).toString();
      const key = decoder.readVarIntBytes();
      const value = decoder.readVarIntBytes();
      const headers = headersOf(decoder);
      const isControlRecord = isControlBatch;
      return { magicByte, attributes, timestamp, offset, key, value, headers, isControlRecord, batchContext: context };
    });
  },
};

function headersOf(decoder: RecordDecoder): Record<string, HeaderValue | HeaderValue[]> {
  const count = decoder.readVarInt();
  if (count <= 0) return noHeaders;
  const headers = Object.create(null) as Record<string, HeaderValue | HeaderValue[]>;
  for (let left = count; left > 0; left -= 1) {
    const name = decoder.readVarIntString();
    const value = decoder.readVarIntBytes();
    const known = headers[name];
    if (known === undefined) headers[name] = value;
    else if (Array.isArray(known)) known.push(value);
    else headers[name] = [known, value];
  }
  return headers;
}
