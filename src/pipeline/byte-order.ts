/** The order of texts by their UTF-8 bytes: that of a store on disk, and so that of whoever must agree with it. */

const firstSurrogate = 0xd800;
const lastSurrogate = 0xdfff;

/** Below 0: `left` comes first. It is the order of code points; that of UTF-16, the language's own, puts U+FFFD after U+1F600. */
export function inByteOrder(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index += 1) {
    const [one, other] = [left.charCodeAt(index), right.charCodeAt(index)];
    if (one !== other) return weight(one) - weight(other);
  }
  return left.length - right.length;
}

/** Halves of a code point beyond U+FFFF come after everything else. */
function weight(unit: number): number {
  return unit >= firstSurrogate && unit <= lastSurrogate ? unit + 0x1_0000 : unit;
}
