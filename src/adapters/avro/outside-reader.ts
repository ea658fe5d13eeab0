/**
 * Values that a running service has written, read from outside it by people's questions, whatever version of their schema
 * wrote them. It only reads.
 */
import type { ChurnAlert, Scoreboard } from '../../domain/contracts.ts';
import { DataRefusedError, type Clock } from '../../pipeline/ports.ts';
import type { SchemaSource } from '../../pipeline/schema-source.ts';
import { headerBytes, schemaIdOf } from './framing.ts';
import { compile, contractType, type ContractName } from './types.ts';
import { WriterSchemas } from './writers.ts';

/** Returns a reader of churn alerts. It rejects: DataRefusedError for a value that is no alert; UnavailableError. */
export function createAlertReader(source: SchemaSource, clock: Clock): (value: Buffer) => Promise<ChurnAlert> {
  const read = createReader('churnAlert', 'churn-alert topic', source, clock);
  return async (value) => (await read(value)) as ChurnAlert;
}

/** Returns a reader of the changelog's scoreboards. It rejects as the reader of alerts, for another entry too. */
export function createScoreboardReader(source: SchemaSource, clock: Clock): (value: Buffer) => Promise<Scoreboard> {
  const read = createReader('changelog', 'changelog', source, clock);
  return async (value) => {
    const { entry } = (await read(value)) as { readonly entry: Readonly<Record<string, unknown>> };
    const board = entry['clientele.Scoreboard'];
    if (board === undefined) throw new DataRefusedError('an entry of the changelog is no scoreboard.');
    return board as Scoreboard;
  };
}

function createReader(
  contract: ContractName,
  topic: string,
  source: SchemaSource,
  clock: Clock,
): (value: Buffer) => Promise<unknown> {
  const type = contractType(contract);
  const writers = new WriterSchemas(source, clock, (schema) =>
    type.createResolver(compile(schema), { ignoreNamespaces: true }),
  );
  return async (value) => {
    const schemaId = schemaIdOf(value);
    if (schemaId === null) throw new DataRefusedError(`a record of the ${topic} has no schema id.`);
    await writers.learn(schemaId);
    const known = writers.find(schemaId);
    if (known?.kind !== 'reader')
      throw new DataRefusedError(`schema ${schemaId} of the ${topic} is ${known?.kind ?? 'unknown'}.`);
    try {
      const record: unknown = type.fromBuffer(value.subarray(headerBytes), known.reader);
      return record;
    } catch {
      throw new DataRefusedError(`a record of the ${topic} does not fit its schema ${schemaId}.`);
    }
  };
}
