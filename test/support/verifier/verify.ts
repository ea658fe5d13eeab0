// Compares what was published with what the batch model says must have been; every difference is one sentence.
import { isDeepStrictEqual } from 'node:util';
import { daysOf, recompute, type BatchCustomer, type BatchPartition, type ExpectedChange } from './batch.ts';
import type { BatchModel } from './model.ts';
import {
  readChangelog,
  readProfile,
  readTierChange,
  type Customer,
  type LogRecord,
  type Offsets,
  type TierChange,
  type WriterTypes,
} from './records.ts';

/** What a reader outside the pipeline found, records in log order. */
export interface Evidence {
  readonly partitions: number;
  readonly purchases: readonly LogRecord[];
  readonly tierChanged: readonly LogRecord[];
  readonly changelog: readonly LogRecord[];
  readonly profile: readonly LogRecord[];
  readonly deadLetters: readonly LogRecord[];
  /** End of each input's partition, control records counted, by input and partition. */
  readonly ends: Readonly<Record<'purchases' | 'interactions' | 'surveys', readonly number[]>>;
  /** Transactional ids with a transaction that has not ended. */
  readonly openTransactions: readonly string[];
}

/** Where the tier changes of a later run begin, by partition: behind those of `evidence`. */
export function behind({ partitions, tierChanged }: Evidence): number[] {
  return Array.from({ length: partitions }, (_, partition) => {
    return (tierChanged.findLast((record) => record.partition === partition)?.offset ?? -1) + 1;
  });
}

export interface Verdict {
  readonly violations: readonly string[];
  /** Sums over the partitions. */
  readonly records: number;
  readonly applied: number;
  readonly repeated: number;
  readonly changes: number;
  /** Take-overs seen in the changelog. */
  readonly incarnations: number;
}

/** Relative difference of two doubles that no two ways to compute the same formula exceed. */
const tolerance = 1e-9;
/** More of a kind would only repeat what the first ones say. */
const shownMax = 20;

/** Judges a run that has come to rest. */
export function verify(evidence: Evidence, model: BatchModel, writers: WriterTypes = new Map()): Verdict {
  const violations: string[] = evidence.openTransactions.map((id) => `transaction of ${id} has not ended`);
  const sums = { records: 0, applied: 0, repeated: 0, changes: 0, incarnations: 0 };
  if (evidence.deadLetters.length > 0) violations.push(`${evidence.deadLetters.length} dead letters`);
  checkIds(evidence.tierChanged.map(readTierChange), violations);
  for (let partition = 0; partition < evidence.partitions; partition += 1) {
    const of = (records: readonly LogRecord[]): LogRecord[] => records.filter((one) => one.partition === partition);
    const batch = recompute(of(evidence.purchases), model, writers);
    const say = (text: string): number => violations.push(`partition ${partition}: ${text}`);
    checkChanges(of(evidence.tierChanged), batch.changes, model, say);
    const { states, offsets } = readLog(of(evidence.changelog), say);
    checkStates(states, batch, say);
    checkOffsets(offsets, evidence, partition, say);
    checkProfiles(of(evidence.profile), batch, say);
    const { records, applied, repeated, markers } = batch;
    if (applied + repeated + markers !== records) say(`${records} records, ${applied} + ${repeated} + ${markers} told`);
    sums.records += records - markers;
    sums.applied += applied;
    sums.repeated += repeated;
    sums.changes += batch.changes.length;
    sums.incarnations += new Set(offsets.map(({ incarnation }) => incarnation)).size;
  }
  return { ...sums, violations: violations.slice(0, shownMax) };
}

type Say = (text: string) => void;

function checkIds(changes: readonly TierChange[], violations: string[]): void {
  const ids = new Set<string>();
  const sequences = new Map<string, number>();
  for (const { eventId, customerId, sequence } of changes) {
    if (ids.has(eventId)) violations.push(`eventId ${eventId} was published twice`);
    ids.add(eventId);
    const due = (sequences.get(customerId) ?? 0) + 1;
    if (sequence !== due) violations.push(`customer ${customerId}: sequence ${sequence} where ${due} was due`);
    sequences.set(customerId, sequence);
  }
}

function checkChanges(
  records: readonly LogRecord[],
  expected: readonly ExpectedChange[],
  model: BatchModel,
  say: Say,
): void {
  if (records.length !== expected.length) say(`${records.length} changes published, ${expected.length} expected`);
  const newest = new Map<string, string>();
  for (const [index, record] of records.entries()) {
    const change = readTierChange(record);
    const wanted = expected[index];
    const where = `change ${index} (offset ${record.offset}, ${change.customerId})`;
    if (wanted === undefined) {
      say(`${where} was not expected`);
      return;
    }
    const differs = difference(change, wanted, newest.get(change.customerId) ?? null, model);
    if (record.key?.toString() !== change.customerId) say(`${where}: key ${String(record.key)}`);
    if (record.headers['ce_id'] !== change.eventId) say(`${where}: ce_id ${String(record.headers['ce_id'])}`);
    if (record.headers['ce_sequence'] !== String(change.sequence)) say(`${where}: ce_sequence`);
    if (differs !== null) {
      // Everything behind it differs for the same reason.
      say(`${where}: ${differs}`);
      return;
    }
    // What is announced or averted is no change to be taken back.
    const isNotice = change.direction === 'will_fall' || change.direction === 'held';
    if (!isNotice) newest.set(change.customerId, change.eventId);
  }
}

function difference(
  change: TierChange,
  wanted: ExpectedChange,
  newestId: string | null,
  model: BatchModel,
): string | null {
  const { corrects, factors, ...plain } = wanted;
  const full = {
    ...plain,
    supersedes: corrects ? newestId : null,
    backfill: wanted.runId !== null,
    modelRevision: model.revision,
  };
  for (const [name, value] of Object.entries(full)) {
    const found = change[name as keyof typeof full];
    if (!isDeepStrictEqual(found, value)) return `${name} ${JSON.stringify(found)}, expected ${JSON.stringify(value)}`;
  }
  const sum = change.factors.reduce((total, { contribution }) => total + contribution, 0);
  if (sum !== change.scoreAfter - change.scoreBefore) return `contributions sum to ${sum}`;
  const isSame =
    change.factors.length === factors.length &&
    factors.every(({ name, before, after, contribution }, index) => {
      const found = change.factors[index];
      if (found === undefined) return false;
      const isValue = isClose(found.before, before) && isClose(found.after, after);
      return found.name === name && found.contribution === contribution && isValue;
    });
  return isSame ? null : `factors ${JSON.stringify(change.factors)}, expected ${JSON.stringify(factors)}`;
}

function isClose(left: number | null, right: number | null): boolean {
  if (left === null || right === null) return left === right;
  return Math.abs(left - right) <= tolerance * Math.max(1, Math.abs(right));
}

/** What a task remembers beside customers and positions; what is in it, other tests say. */
const remembered: ReadonlySet<string> = new Set(['m:model', 'm:rescore', 'm:budget', 'm:scoreboard']);

function readLog(records: readonly LogRecord[], say: Say): { states: Map<string, Customer>; offsets: Offsets[] } {
  const states = new Map<string, Customer>();
  const offsets: Offsets[] = [];
  for (const record of records) {
    const entry = readChangelog(record);
    if ('customer' in entry) states.set(record.key?.toString().slice(2) ?? '', entry.customer);
    else if ('offsets' in entry) offsets.push(entry.offsets);
    else if (!remembered.has(entry.other)) say(`unexpected changelog key ${entry.other}`);
  }
  return { states, offsets };
}

function checkStates(states: ReadonlyMap<string, Customer>, batch: BatchPartition, say: Say): void {
  for (const id of states.keys()) if (!batch.customers.has(id)) say(`state of unknown customer ${id}`);
  for (const [id, customer] of batch.customers) {
    const state = states.get(id);
    if (state === undefined) {
      say(`no state of customer ${id}`);
      continue;
    }
    for (const [name, value] of Object.entries(stateOf(id, customer))) {
      const found = state[name as keyof Customer];
      if (isDeepStrictEqual(found, value)) continue;
      say(`state of ${id}: ${name} ${JSON.stringify(found)}, expected ${JSON.stringify(value)}`);
      break;
    }
  }
}

function stateOf(customerId: string, customer: BatchCustomer): Customer {
  const { applied, evaluatedTo, sequence, tier, told } = customer;
  const sumOf = (some: typeof applied): number => some.reduce((sum, { amountMinor }) => sum + amountMinor, 0);
  return {
    customerId,
    evaluatedTo,
    sequences: { tierChanged: sequence },
    standing: { tierId: tier?.id ?? null, tierEnteredAt: tier?.enteredAt ?? null, total: told.total },
    days: daysOf(applied),
    // Only purchases are recounted here; test/integration/exactly-once-merge.test.ts counts the others.
    interactions: { count: 0 },
    surveys: { count: 0 },
    totals: {
      revenueMinor: sumOf(applied.filter(({ kind }) => kind === 'order')),
      refundsMinor: sumOf(applied.filter(({ kind }) => kind !== 'order')),
      unplacedCount: applied.filter(({ kind, orderedAt }) => kind !== 'order' && orderedAt === null).length,
    },
  };
}

/** Commit numbers without gap or repeat, no incarnation heard again after another took over, positions at the ends. */
function checkOffsets(offsets: readonly Offsets[], evidence: Evidence, partition: number, say: Say): void {
  const over = new Set<string>();
  let last: Offsets | undefined;
  for (const one of offsets) {
    if (last === undefined ? one.commitNumber !== 1 : one.commitNumber !== last.commitNumber + 1)
      say(`commit ${one.commitNumber} follows ${last?.commitNumber ?? 'nothing'}`);
    if (last !== undefined && last.incarnation !== one.incarnation) over.add(last.incarnation);
    if (over.has(one.incarnation)) say(`commit ${one.commitNumber}: its incarnation had been taken over`);
    if (last !== undefined && last.changelogId !== one.changelogId) say(`commit ${one.commitNumber}: changelogId`);
    for (const [input, position] of Object.entries(one.positions))
      if (position < (last?.positions[input] ?? 0)) say(`commit ${one.commitNumber}: ${input} fell to ${position}`);
    last = one;
  }
  for (const [input, ends] of Object.entries(evidence.ends)) {
    const position = last?.positions[input];
    if (position !== ends[partition])
      say(`${input} stands at ${position ?? '-'}, its end is ${ends[partition] ?? '-'}`);
  }
}

function checkProfiles(records: readonly LogRecord[], batch: BatchPartition, say: Say): void {
  const newest = new Map(records.map((record) => [record.key?.toString() ?? '', record]));
  for (const [id, { sequence }] of batch.customers) {
    const record = newest.get(id);
    const told = record === undefined ? 0 : readProfile(record).sequences.tierChanged;
    if (told !== sequence) say(`the newest Profile of ${id} knows change ${told}, the customer's is ${sequence}`);
  }
  if (newest.size > batch.customers.size) say('a Profile of an unknown customer');
}
