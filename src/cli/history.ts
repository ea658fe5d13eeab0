/**
 * History from CSV files as commands read it: one group of files per kind of event, put together in event-time order.
 * Nothing is written. Files are read to their end before their first event in time is known, so events are held in memory.
 */
import { resolve } from 'node:path';
import { parseInstant } from '../adapters/csv/instant.ts';
import { type FileMapping, resolveMapping } from '../adapters/csv/mapping.ts';
import { readEvents, type RefusedRow } from '../adapters/csv/read-events.ts';
import type { InputEvent } from '../domain/event.ts';
import { byEventTime, type Arrival } from '../domain/replay.ts';
import { UsageError, type CommandContext } from './frame.ts';
import { startProgress } from './progress.ts';

/** An event of a history; without an arrival it arrived as it occurred. */
export type HistoryEvent = InputEvent & { readonly arrival?: Arrival };

/** What a replay plays, in the order it is taken. */
export interface History {
  /** What it was read as: rows of files or records of topics. */
  readonly unit: 'rows' | 'records';
  readonly rows: number;
  readonly events: readonly HistoryEvent[];
  /** Rows that made no event, by their number; records by their offset. */
  readonly refused: readonly Pick<RefusedRow, 'row' | 'reason'>[];
}

/** Files that share a mapping. */
export interface FileGroup {
  readonly mapping: FileMapping;
  readonly names: readonly string[];
}

/** What the command line says of one group, as `mappingOptions` parses it. */
interface GroupValues {
  readonly map?: string | undefined;
  readonly currency?: string | undefined;
  readonly 'time-of-day'?: string | undefined;
  readonly event?: string | undefined;
  readonly delimiter?: string | undefined;
}

/** Resolves the preset and options of a group. Throws: UsageError, MappingError. */
export function fileGroup(preset: string | undefined, names: readonly string[], values: GroupValues): FileGroup {
  if (preset === undefined || names.length === 0) throw new UsageError('a preset and one or more files are needed.');
  return { mapping: resolveMapping(preset, { ...values, timeOfDay: values['time-of-day'] }), names };
}

/** Reads every group, with a progress line on stderr. Rejects: as readEvents. */
export async function readHistory(groups: readonly FileGroup[], context: CommandContext): Promise<History> {
  const reading = startProgress({ ...context, stream: context.stderr, label: 'reading', unit: 'rows', total: null });
  const parts: InputEvent[][] = [];
  const refused: RefusedRow[] = [];
  let rows = 0;
  for (const { mapping, names } of groups) {
    const files = names.map((name) => resolve(context.cwd, name));
    const read = await readEvents(files, mapping, (done) => reading.update(rows + done));
    parts.push([...read.events]);
    refused.push(...read.refused);
    rows += read.rows;
  }
  const [only] = parts;
  const events = parts.length === 1 && only !== undefined ? only : parts.flat().sort(byEventTime);
  return { unit: 'rows', events, refused, rows };
}

/** Reads an instant of an option, null when it was not given; a date is completed by `timeOfDay`. Throws: UsageError. */
export function instantOption(option: string, text: string | undefined, timeOfDay: string): number | null {
  if (text === undefined) return null;
  const instant = parseInstant(text, timeOfDay);
  if (instant === null)
    throw new UsageError(`${option} ${text} is not a date or an instant with a zone, such as 1998-01-31.`);
  return instant;
}
