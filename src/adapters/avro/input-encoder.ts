/**
 * Input events -> Avro in the Confluent framing, for what writes to the input topics itself: import, demo, tests.
 * The service only reads them (codec.ts).
 */
import type { InputEvent } from '../../domain/event.ts';
import type { InputName } from '../../pipeline/ports.ts';
import { headerBytes, writeHeader } from './framing.ts';
import { contractType } from './types.ts';

/** Returns the encoder of one input; `schemaId` is the id the input's compiled-in schema is registered under. */
export function createInputEncoder(input: InputName, schemaId: number): (event: InputEvent['event']) => Buffer {
  const type = contractType(input);
  return (event) => {
    const body = type.toBuffer(event);
    const value = Buffer.allocUnsafe(headerBytes + body.length);
    writeHeader(value, schemaId);
    body.copy(value, headerBytes);
    return value;
  };
}
