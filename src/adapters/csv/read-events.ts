/**
 * CSV files -> input events in event-time order, and the rows that were refused. `readEvents` holds everything in memory,
 * since a file must be read to its end before its first event in time is known, `scanEvents` holds nothing. Nothing is
 * written, and no row is changed to make it fit. A row with a fault is refused alone. A file without customers that has an
 * article and its category in each row is a product table: it names the category of articles in the other files.
 */
import { basename } from 'node:path';
import type { InputEvent } from '../../domain/event.ts';
import { suggestion } from '../../domain/nearest.ts';
import { type FileMapping, type MappedField, MappingError } from './mapping.ts';
import { type FieldReader, rowEvent } from './row-event.ts';
import { readHeader, readRows } from './rows.ts';

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
  /** Rows of events and refused rows; headers, empty lines and the articles of product tables not counted. */
  readonly rows: number;
  /** Articles whose category a product table gave. */
  readonly products: number;
}

/**
 * Reads and sorts `files`. `onRows` is told the running number of rows now and then. Rejects: MappingError for a
 * column that is in no header or two files whose event ids would collide; DataRefusedError for broken quoting;
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
 * Product tables are read before the rest. Rejects: as readEvents.
 */
export async function scanEvents(
  files: readonly string[],
  mapping: FileMapping,
  onEvent: (event: InputEvent) => void,
  onRows: (rows: number) => void = () => undefined,
): Promise<ScannedFiles> {
  const found: CsvFile[] = [];
  for (const file of files) found.push({ file, header: await readHeader(file, mapping.delimiter) });
  const tables = found.filter(({ header }) => isProductTable(header, mapping));
  const histories = found.filter((one) => !tables.includes(one));
  checkStems(histories, mapping);
  const scan: Scan = { mapping, refused: [], read: 0, categories: new Map(), onRows };
  for (const table of tables) await readProducts(table, scan);
  for (const history of histories) await readHistoryFile(history, scan, onEvent);
  return { refused: scan.refused, rows: scan.read - scan.categories.size, products: scan.categories.size };
}

interface CsvFile {
  readonly file: string;
  readonly header: readonly string[];
}

interface Scan {
  readonly mapping: FileMapping;
  readonly refused: RefusedRow[];
  /** Rows of all files so far. */
  read: number;
  /** Category by article; '' where the table leaves it empty. */
  readonly categories: Map<string, string>;
  readonly onRows: (rows: number) => void;
}

function isProductTable(header: readonly string[], { columns }: FileMapping): boolean {
  const has = (column: string | undefined): boolean => column !== undefined && header.includes(column);
  return has(columns.sku) && has(columns.category) && !has(columns.customerId);
}

async function readProducts({ file, header }: CsvFile, scan: Scan): Promise<void> {
  const [sku, category] = [scan.mapping.columns.sku, scan.mapping.columns.category];
  const [skuAt, categoryAt] = [header.indexOf(sku ?? ''), header.indexOf(category ?? '')];
  await readCells({ file, header }, scan, (cells) => {
    const [article = '', name = ''] = [cells[skuAt]?.trim(), cells[categoryAt]?.trim()];
    if (article === '') return 'sku is empty';
    if (scan.categories.has(article)) return 'sku has a category from another row';
    scan.categories.set(article, name);
    return null;
  });
}

async function readHistoryFile(history: CsvFile, scan: Scan, onEvent: (event: InputEvent) => void): Promise<void> {
  const { mapping, categories } = scan;
  const read = cellReader(history, mapping, categories.size > 0);
  const stem = fileStem(history.file);
  await readCells(history, scan, (cells, row) => {
    const own: FieldReader = (field) => read(cells, field);
    const field: FieldReader = (name) =>
      name === 'category' ? own(name) || (categories.get(own('sku').trim()) ?? '') : own(name);
    const result = rowEvent(field, mapping, `${stem}:${row}`);
    if (!result.ok) return result.reason;
    onEvent(result.event);
    return null;
  });
}

/** `take` returns why a row is refused, or null. */
async function readCells(
  { file, header }: CsvFile,
  scan: Scan,
  take: (cells: readonly string[], row: number) => string | null,
): Promise<void> {
  await readRows(file, scan.mapping.delimiter, (cells, row) => {
    scan.read += 1;
    if (scan.read % 10_000 === 0) scan.onRows(scan.read);
    const isWhole = cells.length === header.length;
    const reason = isWhole ? take(cells, row) : `row has ${cells.length} columns, the header ${header.length}`;
    if (reason !== null) scan.refused.push({ file, row, reason });
  });
}

/** Reads the text of a field in a row of a file; '' where the file has no such column. Throws: MappingError. */
function cellReader(
  { file, header }: CsvFile,
  { columns, optional }: FileMapping,
  hasProducts: boolean,
): (cells: readonly string[], field: MappedField) => string {
  const positions = new Map<MappedField, readonly number[]>();
  for (const [field, column] of Object.entries(columns) as [MappedField, string][]) {
    const names = field === 'discount' && !header.includes(column) ? column.split('+') : [column];
    const missing = names.find((name) => !header.includes(name));
    if (missing === undefined)
      positions.set(
        field,
        names.map((name) => header.indexOf(name)),
      );
    else if (!optional.includes(field) && !(field === 'category' && hasProducts))
      throw new MappingError(`${file} has no column ${missing} (for ${field}).${suggestion(missing, header)}`);
  }
  return (cells, field) => {
    const at = positions.get(field);
    if (at === undefined) return '';
    return at.length === 1 ? (cells[at[0] ?? 0] ?? '') : at.map((position) => cells[position] ?? '').join('+');
  };
}

/** Name of a file in its event ids: no directory, no .gz, no last extension. */
export function fileStem(file: string): string {
  const name = basename(file).replace(/\.gz$/, '');
  return name.replace(/(?<=.)\.[^.]*$/, '');
}

function checkStems(files: readonly CsvFile[], mapping: FileMapping): void {
  if (mapping.columns.eventId !== undefined) return;
  const seen = new Set<string>();
  for (const { file } of files) {
    const stem = fileStem(file);
    if (seen.has(stem))
      throw new MappingError(
        `two files are called ${stem}, so their event ids would collide: rename one, or map eventId.`,
      );
    seen.add(stem);
  }
}
