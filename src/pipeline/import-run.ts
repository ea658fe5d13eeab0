/**
 * One run of an import: events in their order to the partitions of one input, each marked with the run, then an end
 * marker on every partition. Where the events come from and how records reach a log is behind the arguments.
 *
 * Order: the markers are written after every event is acknowledged; without them an input stays in backfill until
 * its hold time is over, so an import that broke off must be run again (its event ids repeat, so nothing doubles).
 */
import type { InputEvent } from '../domain/event.ts';
import { backfillEndHeader, backfillHeader } from './backfill.ts';
import { partitionOf } from './murmur2.ts';
import type { Clock } from './ports.ts';

export interface ImportRecord {
  readonly partition: number;
  readonly key: Buffer;
  /** null only on an end marker. */
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, string>>;
}

/** Where records go: one input topic. */
export interface ImportTarget {
  readonly partitionCount: number;
  /** Resolves once the records are safe, in order per partition. One call at a time. */
  send(records: readonly ImportRecord[]): Promise<void>;
}

export interface ImportRun {
  readonly events: readonly InputEvent[];
  readonly encode: (event: InputEvent['event']) => Buffer;
  readonly target: ImportTarget;
  /** At most 64 bytes. */
  readonly runId: string;
  /** Events per second; null = as fast as possible. */
  readonly rate: number | null;
  readonly clock: Clock;
  /** Told how many events are written by now. */
  readonly onProgress: (written: number) => void;
}

/** Events per send without a rate: one round trip pays for many, and a send stays far below a megabyte per partition. */
const batchEvents = 1_000;
/** Sends per second with a rate: even enough to look like a stream. */
const sendsPerSecond = 20;

/** Writes every event and the end markers. Rejects: what the target rejects with. */
export async function runImport(run: ImportRun): Promise<void> {
  await importEvents(run);
  await run.target.send(endMarkers(run.runId, run.target.partitionCount));
}

/** Writes every event and leaves the import open: time stands at the last of them until its hold time is over. */
export async function importEvents(run: ImportRun): Promise<void> {
  const { events, target, clock, rate } = run;
  const size = rate === null ? batchEvents : Math.max(1, Math.floor(rate / sendsPerSecond));
  const startedMs = clock.now();
  for (let from = 0; from < events.length; from += size) {
    const batch = events.slice(from, from + size);
    if (rate !== null) await clock.sleep(Math.max(0, startedMs + (from / rate) * 1_000 - clock.now()));
    await target.send(batch.map((event) => recordOf(event, run)));
    run.onProgress(from + batch.length);
  }
}

function recordOf({ event }: InputEvent, run: ImportRun): ImportRecord {
  const key = Buffer.from(event.customerId);
  return {
    partition: partitionOf(key, run.target.partitionCount),
    key,
    value: run.encode(event),
    headers: { [backfillHeader]: run.runId },
  };
}

function endMarkers(runId: string, partitionCount: number): ImportRecord[] {
  return Array.from({ length: partitionCount }, (_, partition) => ({
    partition,
    key: Buffer.from(runId),
    value: null,
    headers: { [backfillEndHeader]: runId },
  }));
}
