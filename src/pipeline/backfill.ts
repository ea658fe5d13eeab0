/**
 * How an import marks what it writes: header `backfill=<runId>` on every record, and one end marker on every
 * partition of the input when it is through (header `backfill-end=<runId>`, the run id as key, no value).
 * Only the words of that agreement are here; what an input does with them is input.ts.
 */
import type { RawRecord } from './ports.ts';

/** Header of a record that an import wrote; the value is its run id. */
export const backfillHeader = 'backfill';
/** Header of the last record an import writes to a partition; the value is its run id. */
export const backfillEndHeader = 'backfill-end';

/** Longest run id in bytes: it is repeated on every record and in every transition of the run. */
const runIdMaxBytes = 64;

type Headers = RawRecord['headers'];

/** Returns the run id of an imported record, or null; a header that is empty or too long is none of ours. */
export function backfillRunOf(headers: Headers): string | null {
  const runId = headers[backfillHeader];
  return isRunId(runId) ? runId.toString('utf8') : null;
}

/**
 * Returns true for the record that ends an import on its partition; it is no event. A record with a value is never one:
 * a header must not make somebody's event vanish.
 */
export function isEndMarker({ value, headers }: Pick<RawRecord, 'value' | 'headers'>): boolean {
  return value === null && isRunId(headers[backfillEndHeader]);
}

function isRunId(bytes: Buffer | undefined): bytes is Buffer {
  return bytes !== undefined && bytes.length > 0 && bytes.length <= runIdMaxBytes;
}
