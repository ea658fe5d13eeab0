// The registry in memory answers look-ups as a real one does.
import { describe, expect, it } from 'vitest';
import { MemorySchemaRegistry } from '../../../src/adapters/memory/schema-registry.ts';
import { notFound, SchemaMissingError } from '../../../src/pipeline/schema-source.ts';

describe('MemorySchemaRegistry', () => {
  it('gives one id to one schema, whatever the subject, and another to another', async () => {
    const registry = new MemorySchemaRegistry();
    expect(registry.register('a', '"int"')).toBe(1);
    expect(registry.register('b', '"int"')).toBe(1);
    expect(registry.register('a', '"long"')).toBe(2);
    await expect(registry.fetch(2)).resolves.toBe('"long"');
    await expect(registry.idOf('b', '"int"')).resolves.toBe(1);
  });

  it('says what it does not hold', async () => {
    const registry = new MemorySchemaRegistry();
    registry.register('a', '"int"');
    await expect(registry.fetch(9)).resolves.toBe(notFound);
    await expect(registry.idOf('b', '"int"')).rejects.toThrow(SchemaMissingError);
  });
});
