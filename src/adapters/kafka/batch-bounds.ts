/** How much one record batch may become when it is unpacked, and the error that says it would be more. */

/** Most bytes of one unpacked batch; a broker's default limit is 1 MiB of packed ones. */
export const unpackedBytesMax = 64 * 1024 * 1024;
/** Most records of one batch: each is several hundred bytes of objects, however small it is. */
export const batchRecordsMax = 500_000;

/** A batch is more than its reader would hold. */
export class OversizedBatchError extends RangeError {
  override readonly name = 'OversizedBatchError';
}
