/**
 * CRC-32C (Castagnoli), the checksum of record batches and of what the state directory holds, sixteen bytes at a time by the slicing method: one look-up per
 * byte, but independent ones. JavaScript, because nothing in Node computes this polynomial.
 */

/** The polynomial, bits reversed. */
const polynomial = 0x82f6_3b78;
const tableBytes = 256 * 4;
const sliceBytes = 16;

/** Table n tells what a byte does to the checksum after n more bytes; one view, so that a look-up is one load. */
const tables = makeTables();

function makeTables(): DataView {
  const view = new DataView(new ArrayBuffer(sliceBytes * tableBytes));
  for (let byte = 0; byte < 256; byte += 1) {
    let sum = byte;
    for (let bit = 0; bit < 8; bit += 1) sum = (sum >>> 1) ^ (sum & 1 ? polynomial : 0);
    view.setInt32(byte * 4, sum, true);
  }
  for (let at = tableBytes; at < view.byteLength; at += 4) {
    const before = view.getInt32(at - tableBytes, true);
    view.setInt32(at, (before >>> 8) ^ view.getInt32((before & 0xff) * 4, true), true);
  }
  return view;
}

/** What four bytes do to the checksum when `table` is the table of the last of them. */
function fold(word: number, table: number): number {
  return (
    tables.getInt32(table + 3 * tableBytes + ((word & 0xff) << 2), true) ^
    tables.getInt32(table + 2 * tableBytes + ((word >>> 6) & 0x3fc), true) ^
    tables.getInt32(table + tableBytes + ((word >>> 14) & 0x3fc), true) ^
    tables.getInt32(table + ((word >>> 24) << 2), true)
  );
}

/** The checksum of the bytes from `from` to `to`, 0–2^32−1. Throws: RangeError when they are not inside `bytes`. */
export function crc32c(bytes: Uint8Array, from = 0, to = bytes.length): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset + from, to - from);
  const length = view.byteLength;
  let sum = -1;
  let at = 0;
  for (const last = length - sliceBytes; at <= last; at += sliceBytes) {
    sum =
      fold(view.getInt32(at, true) ^ sum, 12 * tableBytes) ^
      fold(view.getInt32(at + 4, true), 8 * tableBytes) ^
      fold(view.getInt32(at + 8, true), 4 * tableBytes) ^
      fold(view.getInt32(at + 12, true), 0);
  }
  for (; at < length; at += 1) sum = (sum >>> 8) ^ tables.getInt32(((sum ^ view.getUint8(at)) & 0xff) << 2, true);
  return ~sum >>> 0;
}
