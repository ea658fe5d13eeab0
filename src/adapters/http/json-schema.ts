/**
 * Avro record schemas as JSON Schema (2020-12) of the plain JSON this product writes: no union wrappers, instants and longs
 * as integers, null fields present. So the document of the API says of a Profile what its topic says.
 */
import { z } from 'zod';

/** A JSON Schema; a tree of plain values. */
export type JsonSchema = Readonly<Record<string, unknown>>;

const named = z.looseObject({ type: z.string(), name: z.string().optional(), doc: z.string().optional() });
const field = z.looseObject({ name: z.string(), type: z.unknown(), doc: z.string().optional() });
const recordOf = z.looseObject({ name: z.string(), fields: z.array(field) });

/** Adds the record in `avroText`, and every record within, to `components` by name; returns a reference to it. */
export function addRecord(avroText: string, components: Record<string, JsonSchema>): JsonSchema {
  return schemaOf(JSON.parse(avroText), components);
}

function schemaOf(avro: unknown, components: Record<string, JsonSchema>): JsonSchema {
  if (typeof avro === 'string') return primitive(avro);
  if (Array.isArray(avro)) return { anyOf: avro.map((one) => schemaOf(one, components)) };
  const { type } = named.parse(avro);
  switch (type) {
    case 'record':
      return record(recordOf.parse(avro), components);
    case 'enum': {
      const { name, symbols } = z.looseObject({ name: z.string(), symbols: z.array(z.string()) }).parse(avro);
      components[lastOf(name)] = { type: 'string', enum: symbols };
      return reference(name);
    }
    case 'array':
      return { type: 'array', items: schemaOf(z.looseObject({ items: z.unknown() }).parse(avro).items, components) };
    case 'map': {
      const { values } = z.looseObject({ values: z.unknown() }).parse(avro);
      return { type: 'object', additionalProperties: schemaOf(values, components) };
    }
    default:
      return primitive(type);
  }
}

function record({ name, fields, doc }: z.infer<typeof recordOf>, components: Record<string, JsonSchema>): JsonSchema {
  const properties = Object.fromEntries(
    fields.map(({ name: property, type, doc: text }) => {
      const schema = schemaOf(type, components);
      return [property, text === undefined ? schema : { ...schema, description: text }];
    }),
  );
  components[lastOf(name)] = {
    type: 'object',
    ...(typeof doc === 'string' ? { description: doc } : {}),
    properties,
    required: fields.map(({ name: property }) => property),
  };
  return reference(name);
}

function primitive(type: string): JsonSchema {
  switch (type) {
    case 'null':
    case 'boolean':
    case 'string':
      return { type };
    case 'int':
    case 'long':
      return { type: 'integer' };
    case 'float':
    case 'double':
      return { type: 'number' };
    default:
      return reference(type);
  }
}

function reference(name: string): JsonSchema {
  return { $ref: `#/components/schemas/${lastOf(name)}` };
}

function lastOf(name: string): string {
  return name.split('.').at(-1) ?? name;
}
