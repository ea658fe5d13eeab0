/** Values of customers that were asked for lately, within so many bytes. */
import { LRUCache } from 'lru-cache';

/** Objects and list entries around a value, bytes. */
const entryBytes = 150;

/** Values by customer. */
export type ValueCache = Pick<LRUCache<string, string>, 'get' | 'set' | 'delete' | 'clear'>;

/** An empty cache of so many bytes. */
export function openCache(bytes: number): ValueCache {
  return new LRUCache<string, string>({
    maxSize: bytes,
    sizeCalculation: (value, customerId) => value.length + customerId.length + entryBytes,
  });
}
