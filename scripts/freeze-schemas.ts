/**
 * Keeps a copy of every schema version ever written in schemas/history/<name>.v<N>.avsc, with its checksum in
 * SHA256SUMS, so that no later version can forget what is out there. Frozen files are never edited.
 *
 * Run: `node scripts/freeze-schemas.ts` adds a version of each schema that differs from its newest frozen one.
 * `--replace-newest` overwrites that newest version instead: only while no release has written it.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { schemaFolder, schemaNames } from './generate-contracts.ts';

/** Folder of the frozen versions. */
export const historyFolder = new URL('history/', schemaFolder);
const sumsFile = new URL('SHA256SUMS', historyFolder);

/** One frozen version of a schema. */
export interface FrozenSchema {
  readonly name: string;
  /** From 1. */
  readonly version: number;
  readonly file: string;
  readonly text: string;
}

/** Returns the text of a current schema. */
export function currentSchema(name: string): string {
  return readFileSync(new URL(`${name}.avsc`, schemaFolder), 'utf8');
}

/** Returns every frozen version, by name and version. Throws: on a file whose name is not <name>.v<N>.avsc. */
export function frozenSchemas(): readonly FrozenSchema[] {
  const files = readdirSync(historyFolder).filter((file) => file.endsWith('.avsc'));
  const frozen = files.map((file) => {
    const [, name, version] = /^([a-z-]+)\.v(\d+)\.avsc$/.exec(file) ?? [];
    if (name === undefined) throw new Error(`schemas/history/${file} is not named <name>.v<N>.avsc`);
    return { name, version: Number(version), file, text: readFileSync(new URL(file, historyFolder), 'utf8') };
  });
  return frozen.sort((left, right) => left.name.localeCompare(right.name) || left.version - right.version);
}

/** Returns the checksums of the given versions in the format of sha256sum. */
export function checksums(frozen: readonly FrozenSchema[]): string {
  return frozen.map(({ file, text }) => `${createHash('sha256').update(text).digest('hex')}  ${file}\n`).join('');
}

/** Returns the recorded checksums; empty where nothing was frozen yet. */
export function recordedChecksums(): string {
  return readdirSync(historyFolder).includes('SHA256SUMS') ? readFileSync(sumsFile, 'utf8') : '';
}

/** Names of the schemas that differ from their newest frozen version. */
export function unfrozen(frozen: readonly FrozenSchema[]): readonly string[] {
  return schemaNames().filter((name) => newest(frozen, name)?.text !== currentSchema(name));
}

function newest(frozen: readonly FrozenSchema[], name: string): FrozenSchema | undefined {
  return frozen.findLast((schema) => schema.name === name);
}

function freeze(replacesNewest: boolean): void {
  const before = frozenSchemas();
  if (recordedChecksums() !== checksums(before)) throw new Error('a frozen schema was edited: restore it first');
  for (const name of unfrozen(before)) {
    const last = newest(before, name)?.version ?? 0;
    const file = `${name}.v${replacesNewest && last > 0 ? last : last + 1}.avsc`;
    writeFileSync(new URL(file, historyFolder), currentSchema(name));
    console.log(`schemas/history/${file}`);
  }
  writeFileSync(sumsFile, checksums(frozenSchemas()));
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { 'replace-newest': { type: 'boolean', default: false } } });
  freeze(values['replace-newest']);
}
