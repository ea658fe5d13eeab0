import { describe, expect, it } from 'vitest';
import { notFound, observed, SchemaMissingError, type SchemaSource } from '../../src/pipeline/schema-source.ts';

describe('observed', () => {
  const source: SchemaSource = {
    fetch: (schemaId) => (schemaId === 0 ? Promise.reject(new Error('down')) : Promise.resolve(notFound)),
    idOf: (subject) => Promise.reject(subject === 'a' ? new SchemaMissingError(subject) : new Error('down')),
  };

  it('tells an answer, a definite no among them, from a registry that cannot be asked', async () => {
    const told: boolean[] = [];
    const heard = observed(source, (answered) => told.push(answered));
    expect(await heard.fetch(1)).toBe(notFound);
    await expect(heard.idOf('a', '')).rejects.toThrow(SchemaMissingError);
    await expect(heard.fetch(0)).rejects.toThrow('down');
    await expect(heard.idOf('b', '')).rejects.toThrow('down');
    expect(told).toEqual([true, true, false, false]);
  });
});
