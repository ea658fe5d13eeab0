/**
 * Writes src/domain/contracts.ts from schemas/*.avsc: plain readonly TypeScript types of the JSON shape
 * (no union wrappers, longs as numbers, enums as string unions, null fields present). A record that packs its content into
 * one field has what it lists under `packs` in that field's place.
 *
 * It checks nothing about Avro beyond what it must understand; that every schema compiles and reads its history
 * is the business of test/contract. Run: `node scripts/generate-contracts.ts`.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

/** Folder of the current schemas. */
export const schemaFolder = new URL('../schemas/', import.meta.url);
/** The generated file. */
export const contractsFile = new URL('../src/domain/contracts.ts', import.meta.url);

const primitives: Readonly<Record<string, string>> = {
  null: 'null',
  boolean: 'boolean',
  int: 'number',
  long: 'number',
  float: 'number',
  double: 'number',
  string: 'string',
  bytes: 'Uint8Array',
};

type Json = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(json: Json, key: string): string {
  const value = json[key];
  if (typeof value !== 'string' || value === '')
    throw new Error(`"${key}" is missing in ${JSON.stringify(json).slice(0, 120)}`);
  return value;
}

function list(json: Json, key: string): readonly unknown[] {
  const value = json[key];
  if (!Array.isArray(value)) throw new Error(`"${key}" is missing in ${JSON.stringify(json).slice(0, 120)}`);
  return value;
}

function comment(doc: string, indent: string): string {
  return `${indent}/** ${doc.replaceAll('*/', '* /')} */\n`;
}

/** Declarations found so far by type name; a name declared twice must say the same thing both times. */
class Declarations {
  readonly byName = new Map<string, string>();

  add(name: string, declaration: string): void {
    const before = this.byName.get(name);
    if (before !== undefined && before !== '' && before !== declaration) {
      throw new Error(`type ${name} is declared twice, differently`);
    }
    this.byName.set(name, declaration);
  }

  /** Text of the type `schema` denotes; named types are declared on the way. */
  typeOf(schema: unknown): string {
    if (typeof schema === 'string') return primitives[schema] ?? schema.split('.').at(-1) ?? schema;
    if (Array.isArray(schema)) {
      const branches: readonly unknown[] = schema;
      const isNullable = branches.includes('null');
      const types = branches.filter((branch) => branch !== 'null').map((branch) => this.typeOf(branch));
      return [...types, ...(isNullable ? ['null'] : [])].join(' | ');
    }
    if (!isObject(schema)) throw new Error(`not a schema: ${JSON.stringify(schema)}`);
    const kind = text(schema, 'type');
    if (kind === 'record') return this.#record(schema);
    if (kind === 'enum') return this.#enum(schema);
    if (kind === 'fixed') return 'Uint8Array';
    if (kind === 'map') return `Readonly<Record<string, ${this.typeOf(schema['values'])}>>`;
    if (kind === 'array') {
      const items = this.typeOf(schema['items']);
      return items.includes('|') ? `readonly (${items})[]` : `readonly ${items}[]`;
    }
    return this.typeOf(kind);
  }

  #record(schema: Json): string {
    const name = text(schema, 'name');
    // Reserves the name's place, so that a record stands before what it contains.
    if (!this.byName.has(name)) this.byName.set(name, '');
    const lines = list(schema, 'packs' in schema ? 'packs' : 'fields').map((field) => {
      if (!isObject(field)) throw new Error(`bad field in ${name}`);
      return `${comment(text(field, 'doc'), '  ')}  readonly ${text(field, 'name')}: ${this.typeOf(field['type'])};\n`;
    });
    this.add(name, `${comment(text(schema, 'doc'), '')}export interface ${name} {\n${lines.join('')}}\n`);
    return name;
  }

  #enum(schema: Json): string {
    const name = text(schema, 'name');
    if (typeof schema['default'] !== 'string') throw new Error(`enum ${name} has no default`);
    const symbols = list(schema, 'symbols').map((symbol) => `'${String(symbol)}'`);
    this.add(name, `${comment(text(schema, 'doc'), '')}export type ${name} = ${symbols.join(' | ')};\n`);
    return name;
  }
}

/** Names of the current schema files without extension, sorted. */
export function schemaNames(): readonly string[] {
  return readdirSync(schemaFolder)
    .filter((name) => name.endsWith('.avsc'))
    .map((name) => name.slice(0, -'.avsc'.length))
    .sort();
}

/** The text of contracts.ts for the given schema texts, unformatted. Throws: on a schema it does not understand. */
export function renderContracts(schemas: readonly string[]): string {
  const declarations = new Declarations();
  for (const schema of schemas) declarations.typeOf(JSON.parse(schema));
  return (
    '// Generated from schemas/*.avsc by scripts/generate-contracts.ts; do not edit.\n' +
    '// The JSON shape of every record: longs are numbers, instants epoch ms, money minor units, null fields present.\n\n' +
    [...declarations.byName.values()].join('\n')
  );
}

/** What contracts.ts must contain for the schemas on disk. */
export function currentContracts(): string {
  return renderContracts(schemaNames().map((name) => readFileSync(new URL(`${name}.avsc`, schemaFolder), 'utf8')));
}

if (import.meta.main) {
  const contracts = currentContracts();
  writeFileSync(contractsFile, contracts);
  console.log(`src/domain/contracts.ts: ${(contracts.match(/^export /gm) ?? []).length} types`);
}
