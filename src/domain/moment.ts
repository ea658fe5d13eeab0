/** One customer at one instant, with the sums that metrics share computed once, when the first of them asks. */
import type { CustomerState } from './contracts.ts';
import { occasionsOf, windowCosts, windowSums } from './days.ts';
import type { Occasions } from './days.ts';
import type { WindowCosts, WindowSums } from './weeks.ts';

export interface Moment {
  readonly state: CustomerState;
  readonly asOf: number;
  /** Null for a customer without a purchase. */
  readonly occasions: Occasions | null;
  /** Purchases of the trailing window. */
  readonly window: WindowSums;
  /** Costs of the trailing window. */
  readonly costs: WindowCosts;
}

/** Returns the customer at `asOf`, an instant not before state.evaluatedTo. */
export function momentOf(state: CustomerState, asOf: number): Moment {
  return new LazyMoment(state, asOf, occasionsOf(state));
}

/** Returns the same moment of a state that differs in its standing and sequences only. */
export function restated(moment: Moment, state: CustomerState): Moment {
  return moment.state === state ? moment : new LazyMoment(state, moment.asOf, moment.occasions);
}

/** Returns the same silent customer at another instant. */
export function shifted(moment: Moment, asOf: number): Moment {
  return new LazyMoment(moment.state, asOf, moment.occasions);
}

class LazyMoment implements Moment {
  readonly state: CustomerState;
  readonly asOf: number;
  readonly occasions: Occasions | null;
  private sums: WindowSums | null = null;
  private costSums: WindowCosts | null = null;

  constructor(state: CustomerState, asOf: number, occasions: Occasions | null) {
    this.state = state;
    this.asOf = asOf;
    this.occasions = occasions;
  }

  get window(): WindowSums {
    this.sums ??= windowSums(this.state, this.asOf);
    return this.sums;
  }

  get costs(): WindowCosts {
    this.costSums ??= windowCosts(this.state, this.asOf);
    return this.costSums;
  }
}
