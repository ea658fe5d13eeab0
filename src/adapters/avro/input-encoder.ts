/**
 * Input events -> Avro in the Confluent framing, for what writes to the input topics itself: import, demo, tests.
 * The service only reads them (codec.ts).
 */
import type { InputEvent } from '../../domain/event.ts';
import type { InputName } from '../../pipeline/ports.ts';
import { contractType } from './types.ts';

/** Magic byte and schema id before every value. */
const headerBytes = 5;

/** Returns the encoder of one input; `schemaId` is the id the input's compiled-in schema is registered under. */
export function createInputEncoder(input: InputName, schemaId: number): (event: InputEvent['event']) => Buffer {
  const type = contractType(input);
  return (event) => {
    const body = type.toBuffer(event);
    const value = Buffer.allocUnsafe(headerBytes + body.length);
    value.writeUInt8(0, 0);
    value.writeInt32BE(schemaId, 1);
    body.copy(value, headerBytes);
    return value;
  };
}
