// Which copies on disk fit a changelog.
import { describe, expect, it } from 'vitest';
import type { TaskOffsets } from '../../src/domain/contracts.ts';
import { noMemory } from '../../src/pipeline/memory.ts';
import type { RawRecord, Reached } from '../../src/pipeline/ports.ts';
import { refusalOf, SnapshotCheck } from '../../src/pipeline/snapshot-check.ts';
import { codecOver, filledRegistry } from '../adapters/avro/samples.ts';

const codec = await codecOver(filledRegistry());
const hourMs = 3_600_000;
const offsetsOf = (commitNumber: number, changelogId = 'log'): TaskOffsets => ({
  ...{ positions: { purchases: 5 }, inputTimes: {}, backfillRuns: {}, population: {}, taskTimeMs: 7 },
  ...{ commitNumber, incarnation: 'i', changelogId, owner: 'test' },
});
const snapshot: Reached = { offset: 100, value: codec.encodeOffsets(offsetsOf(9)), atMs: 0, memory: noMemory };

function record(offset: number, key: string, value: Buffer | null): RawRecord {
  return { offset, timestampMs: 0, key: Buffer.from(key), value, headers: {} };
}
const offsetsRecord = (offset: number, commitNumber: number, changelogId?: string): RawRecord =>
  record(offset, 'm:offsets', codec.encodeOffsets(offsetsOf(commitNumber, changelogId)));

/** What is said of a snapshot once these records and the end have been seen. */
function judged(records: readonly RawRecord[]): string | null {
  const check = new SnapshotCheck(snapshot, codec);
  for (const one of records) {
    const refusal = check.take(one);
    if (refusal !== null) return refusal;
  }
  return check.end();
}

describe('SnapshotCheck', () => {
  const state = record(101, 'c:anna', Buffer.from('x'));

  it.each<[string, readonly RawRecord[]]>([
    ['its m:offsets stands at its place, byte for byte', [offsetsRecord(100, 9)]],
    ['it was compacted away, and a later commit of the same changelog follows', [state, offsetsRecord(120, 10)]],
    ['only far later ones are left', [record(150, 'c:ben', null), offsetsRecord(900, 77), offsetsRecord(990, 78)]],
  ])('takes a snapshot when %s', (_, records) => {
    expect(judged(records)).toBeNull();
  });

  it.each<[string, readonly RawRecord[], string]>([
    ['another m:offsets stands there', [offsetsRecord(100, 8)], 'another record'],
    ['a customer stands there', [record(100, 'c:anna', snapshot.value), offsetsRecord(120, 10)], 'another record'],
    ['a tombstone stands there', [record(100, 'm:offsets', null)], 'another record'],
    [
      'what follows is of another changelog',
      [state, offsetsRecord(120, 10, 'another')],
      'the changelog is another one',
    ],
    ['what follows is the same commit again', [state, offsetsRecord(120, 9)], 'commit 9 follows its commit 9'],
    ['what follows is an earlier commit', [state, offsetsRecord(120, 3)], 'commit 3 follows its commit 9'],
    ['no m:offsets follows at all', [state], 'nothing in the changelog'],
    ['nothing follows', [], 'nothing in the changelog'],
  ])('refuses a snapshot when %s', (_, records, why) => {
    expect(judged(records)).toContain(why);
  });
});

describe('refusalOf', () => {
  const log = { low: 50, high: 200, nowMs: hourMs, tombstonesKeptMs: 24 * hourMs };

  it('lets a young snapshot inside the log be looked at', () => {
    expect(refusalOf(snapshot, log)).toBeNull();
    expect(refusalOf(snapshot, { ...log, nowMs: 12 * hourMs - 1 })).toBeNull();
  });

  it.each<[string, Partial<typeof log>, string]>([
    ['is half as old as tombstones are kept', { nowMs: 12 * hourMs }, 'half of delete.retention.ms'],
    ['is of the future', { nowMs: -13 * hourMs }, 'a clock was changed'],
    ['is before the log', { low: 101 }, 'begins at 101'],
    ['is behind the log', { high: 100 }, 'truncated or recreated'],
  ])('refuses a snapshot that %s', (_, at, why) => {
    expect(refusalOf(snapshot, { ...log, ...at })).toContain(why);
  });
});
