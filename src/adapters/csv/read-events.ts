/**
 * CSV files (RFC 4180, plain or .gz) -> input events in event-time order, and the rows that were refused. csv-parse
 * does the quoting; `readEvents` holds everything in memory, since a file must be read to its end before its first event
 * in time is known, `scanEvents` holds nothing. Nothing is written, and no row is changed to make it fit. A row with a
 * fault is refused alone; a fault of quoting refuses the file, since after it nobody can tell where rows begin.
 */
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { CsvError, parse } from 'csv-parse';
import type { InputEvent } from '../../domain/event.ts';
import { suggestion } from '../../domain/nearest.ts';
import { DataRefusedError } from '../../pipeline/ports.ts';
import { type FileMapping, type MappedField, MappingError } from './mapping.ts';
import { rowEvent } from './row-event.ts';

export interface RefusedRow {
  readonly file: string;
  /** Row number, the first row under the header being 1. */
  readonly row: number;
  readonly reason: string;
}

export interface FileEvents {
  /** In event-time order; equal instants keep the order of files and rows. */
  readonly events: readonly InputEvent[];
  /** In the order of files and rows. */
  readonly refused: readonly RefusedRow[];
  /** Rows read, header and empty lines not counted. */
  readonly rows: number;
}

/** A row above this is an unclosed quote that swallowed its file, not a row. */
const maxRowBytes = 1_048_576;

/**
 * Reads and sorts `files`. `onRows` is told the running number of rows now and then. Rejects: MappingError for a
 * column that is not in the header or two files whose event ids would collide; DataRefusedError for broken quoting;
 * the system's error for a file that cannot be read or unpacked.
 */
export async function readEvents(
  files: readonly string[],
  mapping: FileMapping,
  onRows: (rows: number) => void = () => undefined,
): Promise<FileEvents> {
  const events: InputEvent[] = [];
  const read = await scanEvents(files, mapping, (event) => void events.push(event), onRows);
  events.sort((left, right) => left.event.occurredAt - right.event.occurredAt);
  return { events, ...read };
}

/** What a scan leaves besides the events it handed over. */
export type ScannedFiles = Omit<FileEvents, 'events'>;

/**
 * Reads `files` and hands over each event in the order of files and rows, keeping none: for readers that only add up.
 * Rejects: as readEvents.
 */
export async function scanEvents(
  files: readonly string[],
  mapping: FileMapping,
  onEvent: (event: InputEvent) => void,
  onRows: (rows: number) => void = () => undefined,
): Promise<ScannedFiles> {
  checkStems(files, mapping);
  const sink: Sink = { onEvent, refused: [], rows: 0 };
  for (const file of files) await readFile(file, mapping, sink, onRows);
  return { refused: sink.refused, rows: sink.rows };
}

interface Sink {
  readonly onEvent: (event: InputEvent) => void;
  readonly refused: RefusedRow[];
  rows: number;
}

async function readFile(file: string, mapping: FileMapping, sink: Sink, onRows: (rows: number) => void): Promise<void> {
  const stem = fileStem(file);
  let header: RowReader | undefined;
  let row = 0;
  const refuse = (reason: string): void => void sink.refused.push({ file, row, reason });
  const take = (cells: readonly string[]): void => {
    if (header === undefined) {
      header = rowReader(cells, mapping, file);
      return;
    }
    row += 1;
    sink.rows += 1;
    if (sink.rows % 10_000 === 0) onRows(sink.rows);
    if (cells.length !== header.width) {
      refuse(`row has ${cells.length} columns, the header ${header.width}`);
      return;
    }
    const { read } = header;
    const result = rowEvent((field) => read(cells, field), mapping, `${stem}:${row}`);
    if (result.ok) sink.onEvent(result.event);
    else refuse(result.reason);
  };
  const parser = parse({
    delimiter: mapping.delimiter,
    bom: true,
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: maxRowBytes,
    // Rows are taken here, in order and without a second queue; nothing is left for the readable side.
    on_record: (cells: string[]) => {
      take(cells);
      return null;
    },
  });
  parser.resume();
  const input = createReadStream(file);
  try {
    await (file.endsWith('.gz') ? pipeline(input, createGunzip(), parser) : pipeline(input, parser));
  } catch (error) {
    if (error instanceof CsvError)
      throw new DataRefusedError(`${file}, line ${parser.info.lines}: ${csvReason(error)}`);
    throw error;
  }
  if (header === undefined) throw new MappingError(`${file} is empty: a header line is needed.`);
}

interface RowReader {
  readonly width: number;
  readonly read: (cells: readonly string[], field: MappedField) => string;
}

function rowReader(header: readonly string[], mapping: FileMapping, file: string): RowReader {
  const names = header.map((name) => name.trim());
  const positions: Partial<Record<MappedField, number>> = {};
  for (const [field, column] of Object.entries(mapping.columns) as [MappedField, string][]) {
    const position = names.indexOf(column);
    if (position < 0)
      throw new MappingError(`${file} has no column ${column} (for ${field}).${suggestion(column, names)}`);
    positions[field] = position;
  }
  return {
    width: header.length,
    read: (cells, field) => {
      const position = positions[field];
      return position === undefined ? '' : (cells[position] ?? '');
    },
  };
}

/** Name of a file in its event ids: no directory, no .gz, no last extension. */
export function fileStem(file: string): string {
  const name = basename(file).replace(/\.gz$/, '');
  return name.replace(/(?<=.)\.[^.]*$/, '');
}

function checkStems(files: readonly string[], mapping: FileMapping): void {
  if (mapping.columns.eventId !== undefined) return;
  const seen = new Set<string>();
  for (const file of files) {
    const stem = fileStem(file);
    if (seen.has(stem))
      throw new MappingError(
        `two files are called ${stem}, so their event ids would collide: rename one, or map eventId.`,
      );
    seen.add(stem);
  }
}

/** Why the rows of a file cannot be told apart from here on. */
function csvReason(error: CsvError): string {
  switch (error.code) {
    case 'CSV_QUOTE_NOT_CLOSED':
      return 'a quote is not closed.';
    case 'INVALID_OPENING_QUOTE':
    case 'CSV_INVALID_CLOSING_QUOTE':
      return 'a quote stands inside a field; inside quotes it must be doubled.';
    case 'CSV_MAX_RECORD_SIZE':
      return `a row is longer than ${maxRowBytes} bytes; is a quote not closed?`;
    default:
      return 'this is not valid CSV.';
  }
}
