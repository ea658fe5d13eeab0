/**
 * What differs between two models by meaning: effective values, so a default written out is no difference. Entries with an
 * id are compared by it, wherever they stand; their order is a difference of its own, because the first match counts.
 */
import { isPlainObject } from './check.ts';
import type { Model } from './model.ts';
import { plainModel } from './model-plain.ts';

/** One difference; undefined = not there. */
export interface Difference {
  /** Path of the model file; an entry of a list by its id, for example `tiers.levels[high].enter`. */
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** The differences, and whether the revision says so. */
export interface ModelDiff {
  readonly revisionBefore: number;
  readonly revisionAfter: number;
  /** Of the content; the revision itself is not one. */
  readonly differences: readonly Difference[];
  /** True = there are differences and the revision did not grow: a running service would refuse or ignore the new model. */
  readonly needsRevision: boolean;
}

/** Compares two models. */
export function diffModels(before: Model, after: Model): ModelDiff {
  const differences = diff('', plainModel({ ...before, revision: 0 }), plainModel({ ...after, revision: 0 }));
  return {
    revisionBefore: before.revision,
    revisionAfter: after.revision,
    differences,
    needsRevision: differences.length > 0 && after.revision <= before.revision,
  };
}

function diff(path: string, before: unknown, after: unknown): readonly Difference[] {
  if (isPlainObject(before) && isPlainObject(after)) {
    return diffMaps(before, after, (key) => (path === '' ? key : `${path}.${key}`));
  }
  const [left, right] = [byId(before), byId(after)];
  if (left !== null && right !== null) {
    const entries = diffMaps(left.entries, right.entries, (id) => `${path}[${id}]`);
    return [...entries, ...orderOf(path, left.ids, right.ids)];
  }
  return JSON.stringify(before) === JSON.stringify(after) ? [] : [{ path, before, after }];
}

type Keyed = Readonly<Record<string, unknown>>;

function diffMaps(before: Keyed, after: Keyed, pathOf: (key: string) => string): readonly Difference[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].flatMap((key) => diff(pathOf(key), before[key], after[key]));
}

/** The order of what both have; what came or went is told already. */
function orderOf(path: string, before: readonly string[], after: readonly string[]): readonly Difference[] {
  const [left, right] = [before.filter((id) => after.includes(id)), after.filter((id) => before.includes(id))];
  return left.join('\n') === right.join('\n') ? [] : [{ path: `${path} (order)`, before: left, after: right }];
}

/** A list of entries with ids, by id; null for anything else. */
function byId(value: unknown): { readonly ids: readonly string[]; readonly entries: Keyed } | null {
  if (!Array.isArray(value) || value.length === 0) return null;
  const listed = value.flatMap((entry: unknown) => {
    if (!isPlainObject(entry)) return [];
    const { id, ...rest } = entry;
    return typeof id === 'string' ? [[id, rest] as const] : [];
  });
  if (listed.length < value.length) return null;
  return { ids: listed.map(([id]) => id), entries: Object.fromEntries(listed) };
}
