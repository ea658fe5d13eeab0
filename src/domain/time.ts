/** Spans of time as the domain counts them; an instant is epoch milliseconds, a week is the unit of the purchase model. */

export const dayMs = 86_400_000;
export const weekMs = 7 * dayMs;
/** The trailing window of money and frequency: what is this old, to the millisecond, has left it. */
export const windowMs = 365 * dayMs;
