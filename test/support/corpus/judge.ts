/*
 * Compares what a reader finds with the records that were written. Dead letters: each bad record has exactly one, with
 * its own bytes, its reason and its place, and nothing that is in its fields. States: each sound event is remembered.
 * Every difference is one sentence.
 */
import { createHash } from 'node:crypto';
import { reasonCodes } from '../../../src/domain/outcome.ts';
import { letterLimits } from '../../../src/pipeline/headers.ts';
import { inputNames, type InputName, type RawRecord } from '../../../src/pipeline/ports.ts';
import { stateOf } from '../packed.ts';
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
    const { reason } = one.case;
    const expected = reason === undefined ? Math.min(1, found.length) : reason === null ? 0 : 1;
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
  const told = text(letter, 'clientele.reason');
  if (told !== (reason ?? told)) faults.push(`${told}, not ${String(reason)}`);
  if (!reasonCodes.some((code) => code === told)) faults.push(`${told}, which is no reason`);
  faults.push(...bytesFaults('key', record.key, letter.key, letterLimits.keyBytes, letter));
  faults.push(...bytesFaults('value', record.value, letter.value, letterLimits.valueBytes, letter));
  for (const name of always) {
    if (letter.headers[`clientele.${name}`] === undefined) faults.push(`no header clientele.${name}`);
  }
  const given = readHeaders(record);
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

/** The last value of each header; one without a value is an empty one. */
export function readHeaders({ headers }: CorpusRecord): Map<string, Buffer> {
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

/** Instants of the events a state remembers, ascending, by input. */
export type Remembered = Readonly<Record<InputName, readonly number[]>>;

type Ring = { readonly entries: readonly { readonly at: number }[] };
/** Customers that have a state, by id, from the records of a changelog in their order. */
export function customersOf(records: readonly Pick<RawRecord, 'key' | 'value'>[]): ReadonlyMap<string, Remembered> {
  const customers = new Map<string, Remembered>();
  for (const { key, value } of records) {
    const id = key?.toString() ?? '';
    if (!id.startsWith('c:') || value === null) continue;
    const { purchaseRing, interactionRing, surveyRing } = stateOf(value);
    const instants = ({ entries }: Ring): readonly number[] => entries.map(({ at }) => at);
    customers.set(id.slice(2), {
      purchases: instants(purchaseRing),
      interactions: instants(interactionRing),
      surveys: instants(surveyRing),
    });
  }
  return customers;
}

/** What the rings of the corpus' model hold. */
const ringSizes: Readonly<Record<InputName, number>> = { purchases: 16, interactions: 8, surveys: 4 };

/** What the rings of each customer must hold, by id. */
export type Expected = Map<string, Record<InputName, number[]>>;

/** Notes the sound events of `cases`; those of a customer come in their order. */
export function expectSound(expected: Expected, cases: readonly CorpusCase[]): void {
  for (const { customerId, occurredAt, record, reason } of cases) {
    if (reason !== null) continue;
    const known = expected.get(customerId) ?? { purchases: [], interactions: [], surveys: [] };
    expected.set(customerId, known);
    known[record.input] = [...known[record.input], occurredAt].slice(-ringSizes[record.input]);
  }
}

/** Sound events that no state remembers, of those that fit into the rings. Events of a customer are in their order. */
export function missingSound(cases: readonly CorpusCase[], found: ReadonlyMap<string, Remembered>): readonly string[] {
  const expected: Expected = new Map();
  expectSound(expected, cases);
  return missing(expected, found);
}

/** What is expected of a state and not in it. */
export function missing(expected: Expected, found: ReadonlyMap<string, Remembered>): readonly string[] {
  return [...expected].flatMap(([customerId, instants]) =>
    inputNames.flatMap((input) => {
      const held = found.get(customerId)?.[input] ?? [];
      const wanted = instants[input];
      return held.join() === wanted.join()
        ? []
        : [`${input} of ${customerId} are ${held.join()}, not ${wanted.join()}`];
    }),
  );
}
