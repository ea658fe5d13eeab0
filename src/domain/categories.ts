/**
 * What a customer bought by product category: up to 64 categories by a hash of their code, each with net amount and orders;
 * the code itself only for those of the largest amounts, since codes are most of the bytes.
 *
 * Beyond 64 the ones of the largest hashes are not kept (any order of arrival ends in the same 64), so the breadth of such a
 * customer reads 64. A code that was let go comes back with the next order of its category.
 */
import type { CategorySpend, Purchase } from './contracts.ts';
import { hash128 } from './math/murmur3.ts';
import type { Model } from './model.ts';
import { convertMinor, ratedAt } from './money.ts';

/** Categories kept per customer. One more is about 9 bytes of every state; fewer would cap the breadth of real grocers' customers. */
export const categoriesMax = 64;
/** Categories whose code is kept: twice the preferences told, so that a refund seldom calls for one that was let go. */
export const codesMax = 8;

/** Codes whose hash is remembered; one more forgets them all, which costs a hash each. */
const rememberedMax = 10_000;
const hashes = new Map<string, number>();

/** 24 bits of a category code's hash: two of 64 categories collide once in 8,000 customers. */
export function categoryHash(code: string): number {
  let hash = hashes.get(code);
  if (hash === undefined) {
    hash = hash128(code)[0] >>> 8;
    if (hashes.size >= rememberedMax) hashes.clear();
    hashes.set(code, hash);
  }
  return hash;
}

/** Takes the lines of an order (`sign` 1) or of a reversal (-1) in; `orders` = 1, -1 for a cancellation, 0 for a refund. */
export function withLines(
  categories: readonly CategorySpend[],
  event: Purchase,
  sign: 1 | -1,
  orders: number,
  model: Model,
): readonly CategorySpend[] {
  const { lines } = event;
  let grown: CategorySpend[] | null = null;
  for (let index = 0; index < lines.length; index += 1) {
    const category = lines[index]?.category ?? '';
    if (category === '' || isRepeated(lines, index, category)) continue;
    grown ??= [...categories];
    addCategory(grown, category, sign * boughtOf(event, category, model), orders);
  }
  return grown === null ? categories : withFewCodes(grown);
}

/** True when a line before has the same category. */
function isRepeated(lines: Purchase['lines'], index: number, category: string): boolean {
  for (let before = 0; before < index; before += 1) if (lines[before]?.category === category) return true;
  return false;
}

function boughtOf(event: Purchase, category: string, model: Model): number {
  let sum = 0;
  for (const line of event.lines) {
    if (line.category === category) sum += convertMinor(line.amountMinor, event.currency, ratedAt(event), model) ?? 0;
  }
  return sum;
}

/** `grown` is the caller's own copy. */
function addCategory(grown: CategorySpend[], code: string, netMinor: number, orders: number): void {
  const hash = categoryHash(code);
  let index = 0;
  for (let at = grown[0]; at !== undefined && at.hash < hash; at = grown[index]) index += 1;
  const known = grown[index];
  if (known?.hash === hash) {
    grown[index] = { hash, netMinor: known.netMinor + netMinor, purchases: known.purchases + orders, code };
    return;
  }
  grown.splice(index, 0, { hash, netMinor: 0 + netMinor, purchases: orders, code });
  if (grown.length > categoriesMax) grown.pop();
}

function withFewCodes(categories: readonly CategorySpend[]): readonly CategorySpend[] {
  let count = 0;
  for (const { code } of categories) if (code !== null) count += 1;
  if (count <= codesMax) return categories;
  const coded = categories.filter(({ code }) => code !== null);
  const kept = new Set(coded.sort(byAmount).slice(0, codesMax));
  return categories.map((category) => (kept.has(category) ? category : { ...category, code: null }));
}

function byAmount(left: CategorySpend, right: CategorySpend): number {
  return right.netMinor - left.netMinor || left.hash - right.hash;
}

/** Distinct categories bought and not cancelled; null when none is known. */
export function categoryCount(categories: readonly CategorySpend[]): number | null {
  let count = 0;
  for (const { purchases } of categories) if (purchases > 0) count += 1;
  return categories.length === 0 ? null : count;
}

/** A category a customer prefers, and its share of the net amount of all. */
export interface Preference {
  readonly category: string;
  readonly share: number;
}

/** The categories of the largest net amounts above 0, at most four, largest first. */
export function preferences(categories: readonly CategorySpend[]): readonly Preference[] {
  const paid = categories.filter(({ netMinor }) => netMinor > 0);
  const sum = paid.reduce((total, { netMinor }) => total + netMinor, 0);
  return paid
    .sort(byAmount)
    .flatMap(({ code, netMinor }) => (code === null ? [] : [{ category: code, share: netMinor / sum }]))
    .slice(0, 4);
}

/** The margin of what the customer buys, 0-1: category margins weighted by net amount where the model has them. */
export function marginOf(categories: readonly CategorySpend[], { grossMargin }: Model): number {
  const margins = Object.entries(grossMargin.byCategory);
  if (margins.length === 0) return grossMargin.default;
  const byHash = new Map(margins.map(([code, margin]) => [categoryHash(code), margin]));
  let [weighted, sum] = [0, 0];
  for (const { hash, netMinor } of categories) {
    if (netMinor <= 0) continue;
    weighted += netMinor * (byHash.get(hash) ?? grossMargin.default);
    sum += netMinor;
  }
  return sum > 0 ? weighted / sum : grossMargin.default;
}
