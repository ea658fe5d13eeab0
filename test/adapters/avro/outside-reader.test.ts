// Values of the churn-alert topic are read by the schema they were written with.
import { describe, expect, it } from 'vitest';
import { createAlertReader } from '../../../src/adapters/avro/outside-reader.ts';
import { contractType, schemaText } from '../../../src/adapters/avro/types.ts';
import { systemClock } from '../../../src/adapters/clock.ts';
import { MemorySchemaRegistry } from '../../../src/adapters/memory/schema-registry.ts';
import { DataRefusedError } from '../../../src/pipeline/ports.ts';

const framed = (schemaId: number, value: Buffer): Buffer => {
  const header = Buffer.alloc(5);
  header.writeInt32BE(schemaId, 1);
  return Buffer.concat([header, value]);
};
const written = contractType('churnAlert').random();

describe('createAlertReader', () => {
  const registry = new MemorySchemaRegistry();
  const ours = registry.register('alerts-value', schemaText('churnAlert'));
  const foreign = registry.register('other-value', '{"type":"record","name":"Other","fields":[]}');
  const read = createAlertReader(registry, systemClock());

  it('reads a value back', async () => {
    expect(await read(framed(ours, contractType('churnAlert').toBuffer(written)))).toEqual(written);
  });

  it.each([
    ['without a schema id', Buffer.from('text'), 'has no schema id'],
    [
      'of another record',
      framed(foreign, Buffer.alloc(0)),
      `schema ${foreign} of the churn-alert topic is incompatible`,
    ],
    ['that is cut short', framed(ours, Buffer.alloc(1)), 'does not fit its schema'],
  ])('refuses a value %s', async (_, value, message) => {
    await expect(read(value)).rejects.toThrow(DataRefusedError);
    await expect(read(value)).rejects.toThrow(message);
  });
});
