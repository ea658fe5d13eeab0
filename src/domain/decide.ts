/**
 * Which tier a customer belongs to, given where they stand, their total and their profit. Rises at once, over as many tiers as the
 * total allows; falls only below the *leave* line and after the dwell, to the first lower tier whose leave line still
 * holds, as a slow decline would have ended.
 */
import type { Model, TierLevel } from './model.ts';

/** The tier held and since when; null = none yet. */
export interface TierHeld {
  readonly tierId: string | null;
  readonly enteredAt: number | null;
}

/**
 * Returns the tier of a customer with purchases whose total is `total` at `asOf`. A tier with a profit floor is neither
 * entered nor kept below it, whatever the total; the dwell holds then too.
 */
export function decide(held: TierHeld, total: number, asOf: number, model: Model, profitMinor = Infinity): TierLevel {
  const meets = (tier: TierLevel, line: number | null): boolean =>
    (line === null || total >= line) && profitMinor >= (tier.profitFloorMinor ?? -Infinity);
  const entered = firstTier(model, (tier) => meets(tier, tier.enter));
  const current = tierById(model, held.tierId);
  if (current === null || entered.rank < current.rank) return entered;
  const isKept = meets(current, current.leave);
  if (isKept || asOf - (held.enteredAt ?? asOf) < model.dwellMs) return current;
  return firstTier(model, (tier) => tier.rank > current.rank && meets(tier, tier.leave));
}

/** Returns a tier of the model, or null for null and for an id the model does not have (any more). */
export function tierById(model: Model, tierId: string | null): TierLevel | null {
  return model.tiers.find((tier) => tier.id === tierId) ?? null;
}

/** The lowest tier has no line, so every search from the top ends. */
function firstTier(model: Model, matches: (tier: TierLevel) => boolean): TierLevel {
  const found = model.tiers.find(matches);
  if (found === undefined) throw new Error('invariant: the lowest tier of a checked model has no line');
  return found;
}
