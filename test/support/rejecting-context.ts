// A decode context for tests of order and position: records have no value, so each is a tombstone with a merge key.
import type { Model } from '../../src/domain/model.ts';
import type { DecodeContext } from '../../src/pipeline/decode.ts';
import type { Codec, InputName } from '../../src/pipeline/ports.ts';

export function rejectingContext(input: InputName, decode: Codec['decode'] = notCalled): DecodeContext {
  const codec = { decode } as Codec;
  return { codec, model: {} as Model, input, partition: 0, partitionCount: 1 };
}

function notCalled(): never {
  throw new Error('a record without a value is not decoded');
}
