/**
 * Is there room for the money of one more event? Sums of a customer stay exact, and every message about them writable,
 * while they are far below 2^53; a customer beyond that is a broken sender's (an id many share, an amount in the wrong
 * unit), and one record more must not stop the task.
 */
import type { CustomerState } from './contracts.ts';
import type { InputEvent } from './event.ts';
import type { Model } from './model.ts';
import { step } from './step.ts';
import type { StepContext, StepResult } from './step.ts';

/** Largest sum of a customer's money that still takes an event, minor units: a quarter of what a sum of sums can hold. */
const lifetimeMinorMax = 2 ** 51;

/** Totals that reversals may bring below 0; priced revenue is part of the revenue. */
const balances = [
  ...(['discountMinor', 'goodsMinor', 'logisticsMinor'] as const),
  ...(['serviceMinor', 'marketingMinor', 'acquisitionMinor'] as const),
];

/** As `step`; null when the event would be applied and is too much: `limit_exceeded`. What is known already takes no room. */
export function stepWithRoom(
  state: CustomerState | undefined,
  input: InputEvent,
  model: Model,
  context: StepContext,
): StepResult | null {
  const result = step(state, input, model, context);
  return result.outcome === 'applied' && isFull(state, input) ? null : result;
}

/** True when the event carries money and the customer's sums are too large to take it: `limit_exceeded`. */
export function isFull(state: CustomerState | undefined, input: InputEvent): boolean {
  if (state === undefined || !hasMoney(input)) return false;
  const { totals } = state;
  let sum = totals.revenueMinor + totals.refundsMinor;
  for (const name of balances) sum += Math.abs(totals[name]);
  return sum > lifetimeMinorMax || state.categories.some(({ netMinor }) => Math.abs(netMinor) > lifetimeMinorMax);
}

function hasMoney(input: InputEvent): boolean {
  if (input.input === 'purchases') return true;
  return input.input === 'interactions' && input.event.costMinor !== null;
}
