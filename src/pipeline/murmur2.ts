/**
 * Where Kafka's Java producer puts a key: murmur2 with its seed, its sign bit cleared, modulo the partition count.
 * Pure. Other clients' default partitioners differ; a record elsewhere is a dead letter `wrong_partition`.
 */

const seed = 0x9747b28c;
const multiplier = 0x5bd1e995;

/** Java's `Utils.murmur2`: a signed 32-bit integer. */
export function murmur2(key: Uint8Array): number {
  const { length } = key;
  let hash = seed ^ length;
  const aligned = length & ~3;
  for (let at = 0; at < aligned; at += 4) {
    let word = byte(key, at) | (byte(key, at + 1) << 8) | (byte(key, at + 2) << 16) | (byte(key, at + 3) << 24);
    word = Math.imul(word, multiplier);
    word ^= word >>> 24;
    hash = Math.imul(hash, multiplier) ^ Math.imul(word, multiplier);
  }
  const rest = length - aligned;
  if (rest >= 3) hash ^= byte(key, aligned + 2) << 16;
  if (rest >= 2) hash ^= byte(key, aligned + 1) << 8;
  if (rest >= 1) hash = Math.imul(hash ^ byte(key, aligned), multiplier);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, multiplier);
  return hash ^ (hash >>> 15);
}

/** 0 … partitionCount − 1; `partitionCount` is at least 1. */
export function partitionOf(key: Uint8Array, partitionCount: number): number {
  return (murmur2(key) & 0x7fffffff) % partitionCount;
}

function byte(key: Uint8Array, at: number): number {
  return key[at] ?? 0;
}
