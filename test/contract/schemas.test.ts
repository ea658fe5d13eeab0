// Every schema keeps the conventions of the contract, and reads everything that was ever written.
import { describe, expect, it } from 'vitest';
import { compatibilityFault } from '../../src/adapters/avro/compatibility.ts';
import { compile } from '../../src/adapters/avro/types.ts';
import { checksums, currentSchema, frozenSchemas, recordedChecksums, unfrozen } from '../../scripts/freeze-schemas.ts';
import { schemaNames } from '../../scripts/generate-contracts.ts';

type Json = Readonly<Record<string, unknown>>;

const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Every object inside a schema. */
function* objectsIn(value: unknown): Generator<Json> {
  if (Array.isArray(value)) for (const item of value) yield* objectsIn(item);
  if (!isJson(value)) return;
  yield value;
  for (const inner of Object.values(value)) yield* objectsIn(inner);
}

const objectsOf = (name: string): readonly Json[] => [...objectsIn(JSON.parse(currentSchema(name)))];
const fieldsOf = (name: string): readonly Json[] =>
  objectsOf(name).filter(
    (object) => typeof object['name'] === 'string' && !('symbols' in object) && !('fields' in object),
  );

/** The type of a field without its null. */
function typeOf(field: Json): unknown {
  const type: unknown = field['type'];
  return Array.isArray(type) ? type.find((branch) => branch !== 'null') : type;
}

const outputs: readonly string[] = ['tier-changed', 'lifecycle-changed', 'churn-alert', 'profile'];

describe.each(schemaNames())('schemas/%s.avsc', (name) => {
  it('compiles, in the namespace of the contract', () => {
    expect(compile(currentSchema(name)).name).toMatch(/^clientele\./);
  });

  it('documents every record, enum and field', () => {
    const undocumented = objectsOf(name).filter((object) => 'name' in object && !object['doc']);
    expect(undocumented.map((object) => object['name'])).toEqual([]);
  });

  it('gives every enum a default, and every nullable field null first and as its default', () => {
    for (const object of objectsOf(name)) {
      if ('symbols' in object) expect(object['symbols'], String(object['name'])).toContain(object['default']);
    }
    for (const field of fieldsOf(name)) {
      const type: unknown = field['type'];
      if (!Array.isArray(type) || !type.includes('null')) continue;
      expect([field['name'], type[0], field['default']]).toEqual([field['name'], 'null', null]);
    }
  });

  it('has instants as timestamp-millis, and money, unless it is a mean, as a long', () => {
    for (const field of fieldsOf(name)) {
      const fieldName = String(field['name']);
      const type = typeOf(field);
      if (/(At|^at|^asOf|^validUntil|^evaluatedTo|^nextDue)$/.test(fieldName)) {
        expect([fieldName, type]).toEqual([fieldName, { type: 'long', logicalType: 'timestamp-millis' }]);
      }
      if (fieldName.endsWith('Minor') && !/^mean|^expected/.test(fieldName) && !isJson(type)) {
        expect([fieldName, type]).toEqual([fieldName, 'long']);
      }
    }
  });

  it('can stand beside every version in its history', () => {
    const history = frozenSchemas().filter((frozen) => frozen.name === name);
    expect(history.map(({ version }) => version)).toEqual(history.map((_frozen, index) => index + 1));
    const level = outputs.includes(name) ? 'FULL_TRANSITIVE' : 'BACKWARD_TRANSITIVE';
    expect(
      compatibilityFault(
        level,
        currentSchema(name),
        history.map(({ text }) => text),
      ),
    ).toBeNull();
  });
});

describe('schemas/history', () => {
  it('holds every current schema: else run `node scripts/freeze-schemas.ts` (--replace-newest before a release)', () => {
    expect(unfrozen(frozenSchemas())).toEqual([]);
  });

  it('was never edited: restore the file whose checksum differs', () => {
    expect(checksums(frozenSchemas())).toBe(recordedChecksums());
  });

  it('knows only schemas that exist', () => {
    const names = new Set(frozenSchemas().map(({ name }) => name));
    expect([...names].sort()).toEqual(schemaNames());
  });
});
