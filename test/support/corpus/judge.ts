/*
 * Compares the dead letters with the records that were written: each bad one has exactly one, with its own bytes, its
 * reason and its place, and nothing that is in its fields. Every difference is one sentence.
 */
import { createHash } from 'node:crypto';
import { letterLimits } from '../../../src/pipeline/headers.ts';
import type { CorpusCase } from './cases.ts';
import type { CorpusRecord, HeaderValue } from './draft.ts';

/** A case and where the log holds it. */
export interface Written {
  readonly case: CorpusCase;
  readonly topic: string;
  readonly offset: number;
}

/** A dead letter as a reader sees it. */
export interface Letter {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer | undefined>>;
}

/** What the headers written by the service look like. */
const ownHeaders: ReadonlyMap<string, RegExp> = new Map([
  ['clientele.reason', /^[a-z_]+$/],
  ['clientele.errors.stage', /^(?:decode|validate)$/],
  ['clientele.errors.topic', /^[\w.-]+$/],
  ['clientele.errors.partition', /^\d+$/],
  ['clientele.errors.offset', /^\d+$/],
  ['clientele.errors.timestamp', /^\d{13}$/],
  ['clientele.errors.app.version', /^[\w.-]+$/],
  ['clientele.errors.schema.id', /^-?\d+$/],
  ['clientele.errors.key.sha256', /^[0-9a-f]{64}$/],
  ['clientele.errors.key.bytes', /^\d+$/],
  ['clientele.errors.value.sha256', /^[0-9a-f]{64}$/],
  ['clientele.errors.value.bytes', /^\d+$/],
  ['clientele.errors.headers.bytes', /^\d+$/],
]);
const always = ['reason', 'errors.stage', 'errors.topic', 'errors.partition', 'errors.offset', 'errors.timestamp'];

/** Everything that is wrong with `letters`, given all that was written. */
export function letterFaults(written: readonly Written[], letters: readonly Letter[]): readonly string[] {
  const byOrigin = new Map<string, Letter[]>();
  for (const letter of letters) {
    const origin = ['topic', 'partition', 'offset'].map((name) => text(letter, `clientele.errors.${name}`)).join('/');
    byOrigin.set(origin, [...(byOrigin.get(origin) ?? []), letter]);
  }
  const faults = written.flatMap((one) => {
    const origin = [one.topic, one.case.record.partition, one.offset].join('/');
    const found = byOrigin.get(origin) ?? [];
    byOrigin.delete(origin);
    const expected = one.case.reason === null ? 0 : 1;
    if (found.length !== expected) {
      const reasons = found.map((letter) => text(letter, 'clientele.reason')).join();
      return [`${one.case.name}: ${found.length} dead letters (${reasons}), not ${expected}`];
    }
    return found.flatMap((letter) => faultsOf(one.case, letter).map((fault) => `${one.case.name}: ${fault}`));
  });
  return [...faults, ...[...byOrigin.keys()].map((origin) => `a dead letter of ${origin}, where nothing was written`)];
}

function faultsOf({ record, reason }: CorpusCase, letter: Letter): string[] {
  const faults: string[] = [];
  if (text(letter, 'clientele.reason') !== reason) faults.push(`${text(letter, 'clientele.reason')}, not ${reason}`);
  faults.push(...bytesFaults('key', record.key, letter.key, letterLimits.keyBytes, letter));
  faults.push(...bytesFaults('value', record.value, letter.value, letterLimits.valueBytes, letter));
  for (const name of always) {
    if (letter.headers[`clientele.${name}`] === undefined) faults.push(`no header clientele.${name}`);
  }
  const given = givenHeaders(record);
  const isDropped = letter.headers['clientele.errors.headers.bytes'] !== undefined;
  if (isDropped !== [...given.values()].reduce((sum, { length }) => sum + length, 0) > letterLimits.headerBytes) {
    faults.push(`headers are ${isDropped ? '' : 'not '}left out`);
  }
  for (const [name, bytes] of Object.entries(letter.headers)) {
    const own = ownHeaders.get(name);
    if (own === undefined ? !given.get(name)?.equals(bytes ?? Buffer.alloc(0)) : !own.test(String(bytes))) {
      faults.push(`header ${name} is ${String(bytes).slice(0, 80)}`);
    }
    given.delete(name);
  }
  for (const name of isDropped ? [] : given.keys()) if (!ownHeaders.has(name)) faults.push(`no header ${name}`);
  return faults;
}

/** The last value of each header, as one that takes bytes sees it. */
function givenHeaders({ headers }: CorpusRecord): Map<string, Buffer> {
  const last = (value: HeaderValue): Buffer => {
    const one = Buffer.isBuffer(value) || value === null ? value : (value.at(-1) ?? null);
    return one ?? Buffer.alloc(0);
  };
  return new Map(Object.entries(headers).map(([name, value]) => [name, last(value)]));
}

function bytesFaults(
  what: 'key' | 'value',
  given: Buffer | null,
  found: Buffer | null,
  bytesMax: number,
  letter: Letter,
): string[] {
  if (given === null) return found === null ? [] : [`a ${what} where there was none`];
  if (given.length <= bytesMax) return found?.equals(given) === true ? [] : [`its ${what} has other bytes`];
  const told = ['bytes', 'sha256'].map((name) => text(letter, `clientele.errors.${what}.${name}`)).join();
  const expected = `${given.length},${createHash('sha256').update(given).digest('hex')}`;
  return found === null && told === expected ? [] : [`its ${what} is told as ${told}, not ${expected}`];
}

function text(letter: Letter, header: string): string {
  return String(letter.headers[header]);
}
