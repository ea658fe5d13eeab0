/**
 * The compiled-in Avro types, read once from schemas/*.avsc (shipped beside the code), and the way a schema of
 * somebody else is compiled. Unions come out unwrapped wherever Avro is unambiguous; no logical types: instants
 * stay epoch milliseconds.
 */
import { readFileSync } from 'node:fs';
import avro, { type Type, type types } from 'avsc';

/** The records of the contract, by what they are called here; the file is schemas/<file>.avsc. */
const files = {
  purchases: 'purchase',
  interactions: 'interaction',
  surveys: 'survey',
  privacy: 'privacy-request',
  credits: 'referral-credit',
  changelog: 'changelog',
  tierChanged: 'tier-changed',
  lifecycleChanged: 'lifecycle-changed',
  churnAlert: 'churn-alert',
  profile: 'profile',
} as const;
export type ContractName = keyof typeof files;

const compiled = new Map<ContractName, Type>();

/** Where the schema of a record of the contract stands. */
export function schemaFile(name: ContractName): URL {
  return new URL(`../../../schemas/${files[name]}.avsc`, import.meta.url);
}

/** Schema of a record of the contract as compact JSON text, the text that is registered. */
export function schemaText(name: ContractName): string {
  return JSON.stringify(JSON.parse(readFileSync(schemaFile(name), 'utf8')));
}

/** Compiles Avro schema text. Throws: on text that is no Avro schema. */
export function compile(schema: string): Type {
  const json: unknown = JSON.parse(schema);
  return avro.Type.forSchema(json as types.RecordType, { omitRecordMethods: true });
}

/** The compiled type of a record of the contract; the same object each time. */
export function contractType(name: ContractName): Type {
  let type = compiled.get(name);
  if (type === undefined) {
    type = compile(schemaText(name));
    compiled.set(name, type);
  }
  return type;
}
