/** Plain values laid over each other, as a model file over its defaults. */
import { isPlainObject } from './check.ts';

/**
 * Returns `base` with `over` laid on it: objects key by key, everything else (lists and null too) whole. Keys of the base
 * come first, in its order.
 */
export function laidOver(base: unknown, over: unknown): unknown {
  if (!isPlainObject(base) || !isPlainObject(over)) return over === undefined ? base : over;
  const keys = [...Object.keys(base), ...Object.keys(over).filter((key) => !Object.hasOwn(base, key))];
  return Object.fromEntries(
    keys.map((key) => [key, laidOver(ownValue(base, key), Object.hasOwn(over, key) ? over[key] : undefined)]),
  );
}

function ownValue(object: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}
