/** An import run against a target in memory and a clock that jumps. */
import { describe, expect, it } from 'vitest';
import type { InputEvent } from '../../src/domain/event.ts';
import { backfillRunOf, isEndMarker } from '../../src/pipeline/backfill.ts';
import { runImport, type ImportRecord } from '../../src/pipeline/import-run.ts';
import { partitionOf } from '../../src/pipeline/murmur2.ts';

const partitionCount = 4;

function eventsOf(count: number): InputEvent[] {
  return Array.from({ length: count }, (_, index) => ({
    input: 'surveys',
    event: {
      eventId: `e-${index}`,
      customerId: `c-${index % 7}`,
      occurredAt: index,
      kind: 'nps',
      score: 9,
      scaleMin: 0,
      scaleMax: 10,
      direction: 'higher_is_better',
      surveyId: null,
      orderId: null,
    },
  }));
}

async function run(count: number, rate: number | null = null) {
  const sends: { readonly atMs: number; readonly records: readonly ImportRecord[] }[] = [];
  const progress: number[] = [];
  let nowMs = 0;
  await runImport({
    events: eventsOf(count),
    encode: (event) => Buffer.from(event.eventId),
    target: {
      partitionCount,
      send: (records) => {
        sends.push({ atMs: nowMs, records });
        return Promise.resolve();
      },
    },
    runId: 'run-1',
    rate,
    clock: {
      isReal: false,
      now: () => nowMs,
      sleep: (ms) => {
        nowMs += ms;
        return Promise.resolve();
      },
      yieldNow: () => Promise.resolve(),
    },
    onProgress: (written) => progress.push(written),
  });
  return { sends, progress, records: sends.flatMap((send) => send.records) };
}

const headersOf = ({ headers }: ImportRecord): Record<string, Buffer> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, Buffer.from(value)]));

describe('runImport', () => {
  it('writes every event once, in order, to the partition of its customer, marked with the run', async () => {
    const { records, progress } = await run(2_500);
    const events = records.slice(0, -partitionCount);
    expect(events.map(({ value }) => value?.toString())).toEqual(eventsOf(2_500).map(({ event }) => event.eventId));
    for (const record of events) {
      expect(record.partition).toBe(partitionOf(record.key, partitionCount));
      expect(backfillRunOf(headersOf(record))).toBe('run-1');
      expect(isEndMarker({ value: record.value, headers: headersOf(record) })).toBe(false);
    }
    expect(progress).toEqual([1_000, 2_000, 2_500]);
  });

  it('ends every partition with a marker, empty ones included, after the last event', async () => {
    const { records, sends } = await run(1);
    const markers = records.slice(-partitionCount);
    expect(markers.map(({ partition }) => partition)).toEqual([0, 1, 2, 3]);
    expect(markers.every((marker) => isEndMarker({ value: marker.value, headers: headersOf(marker) }))).toBe(true);
    expect(markers.every((marker) => marker.key.toString() === 'run-1')).toBe(true);
    expect(sends).toHaveLength(2);
  });

  it.each([
    [100, 50],
    [1, 3],
    [7_000, 10_000],
  ])('keeps to %i events per second', async (rate, count) => {
    const { sends } = await run(count, rate);
    let sent = 0;
    for (const { atMs, records } of sends.slice(0, -1)) {
      expect(atMs).toBeCloseTo((sent / rate) * 1_000, 6);
      sent += records.length;
    }
    expect(sent).toBe(count);
  });
});
