/** One customer at one instant, with the sums that most metrics share computed once. */
import type { CustomerState } from './contracts.ts';
import { occasionsOf, windowSums } from './days.ts';
import type { Occasions } from './days.ts';
import type { WindowSums } from './weeks.ts';

export interface Moment {
  readonly state: CustomerState;
  readonly asOf: number;
  /** Null for a customer without a purchase. */
  readonly occasions: Occasions | null;
  readonly window: WindowSums;
}

/** Returns the customer at `asOf`, an instant not before state.evaluatedTo. */
export function momentOf(state: CustomerState, asOf: number): Moment {
  return { state, asOf, occasions: occasionsOf(state), window: windowSums(state, asOf) };
}
