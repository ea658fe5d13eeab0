/** Values of the churn-alert topic as this version knows them, whatever version of their schema wrote them. It only reads. */
import type { ChurnAlert } from '../../domain/contracts.ts';
import { DataRefusedError, type Clock } from '../../pipeline/ports.ts';
import type { SchemaSource } from '../../pipeline/schema-source.ts';
import { headerBytes, schemaIdOf } from './framing.ts';
import { compile, contractType } from './types.ts';
import { WriterSchemas } from './writers.ts';

/** Returns a reader of framed values. It rejects: DataRefusedError for a value that is no alert; UnavailableError. */
export function createAlertReader(source: SchemaSource, clock: Clock): (value: Buffer) => Promise<ChurnAlert> {
  const type = contractType('churnAlert');
  const writers = new WriterSchemas(source, clock, (schema) =>
    type.createResolver(compile(schema), { ignoreNamespaces: true }),
  );
  return async (value) => {
    const schemaId = schemaIdOf(value);
    if (schemaId === null) throw new DataRefusedError('a record of the churn-alert topic has no schema id.');
    await writers.learn(schemaId);
    const known = writers.find(schemaId);
    if (known?.kind !== 'reader')
      throw new DataRefusedError(`schema ${schemaId} of the churn-alert topic is ${known?.kind ?? 'unknown'}.`);
    try {
      return type.fromBuffer(value.subarray(headerBytes), known.reader) as ChurnAlert;
    } catch {
      throw new DataRefusedError(`a record of the churn-alert topic does not fit its schema ${schemaId}.`);
    }
  };
}
