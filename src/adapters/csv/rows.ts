/**
 * The rows of one CSV file (RFC 4180, plain or .gz), header first. csv-parse does the quoting; what the cells mean is not
 * known here. A fault of quoting refuses the file, since after it nobody can tell where rows begin.
 */
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { CsvError, parse } from 'csv-parse';
import { DataRefusedError } from '../../pipeline/ports.ts';
import { MappingError } from './mapping.ts';

/** A row above this is an unclosed quote that swallowed its file, not a row. */
const maxRowBytes = 1_048_576;

/** Column names of a file. Rejects: MappingError for an empty file, and as readRows. */
export async function readHeader(file: string, delimiter: string): Promise<readonly string[]> {
  try {
    await eachRow(file, delimiter, (cells) => {
      throw new HeaderRead(cells.map((name) => name.trim()));
    });
  } catch (error) {
    if (error instanceof HeaderRead) return error.header;
    throw error;
  }
  throw new MappingError(`${file} is empty: a header line is needed.`);
}

/** Ends the reading of a file after its first row; it never leaves this file. */
class HeaderRead extends Error {
  readonly header: readonly string[];

  constructor(header: readonly string[]) {
    super('the header is read');
    this.header = header;
  }
}

/**
 * Hands over every row under the header, the first being row 1. Rejects: DataRefusedError for broken quoting; the system's
 * error for a file that cannot be read or unpacked.
 */
export async function readRows(
  file: string,
  delimiter: string,
  onRow: (cells: readonly string[], row: number) => void,
): Promise<void> {
  let row = 0;
  await eachRow(file, delimiter, (cells) => {
    if (row > 0) onRow(cells, row);
    row += 1;
  });
}

async function eachRow(file: string, delimiter: string, onCells: (cells: readonly string[]) => void): Promise<void> {
  const parser = parse({
    delimiter,
    bom: true,
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: maxRowBytes,
    // Rows are taken here, in order and without a second queue; nothing is left for the readable side.
    on_record: (cells: string[]) => {
      onCells(cells);
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
