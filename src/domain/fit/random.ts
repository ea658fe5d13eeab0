/**
 * A seeded stream of numbers, so that a fit of the same data gives the same model, digit for digit. Not for secrets.
 * Source: Tommy Ettinger, mulberry32 (public domain). Period 2^32.
 */

/** Returns a function that yields numbers in [0, 1). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Returns `size` of the indices 0 … count - 1 in ascending order, every one equally likely; all of them when there are fewer. */
export function sampleIndices(count: number, size: number, seed: number): Int32Array {
  if (count <= size) return Int32Array.from({ length: count }, (_, index) => index);
  const random = randomFrom(seed);
  const chosen = new Int32Array(size);
  let taken = 0;
  for (let index = 0; taken < size; index += 1) {
    if (random() * (count - index) < size - taken) chosen[taken++] = index;
  }
  return chosen;
}
