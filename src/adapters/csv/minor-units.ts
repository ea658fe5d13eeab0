/**
 * Decimal text -> exact integer minor units by the ISO 4217 decimals of the currency. No floating point is involved
 * before the last, exact step; which currencies a service accepts is the model's affair, not decided here.
 */

export type Amount =
  | { readonly ok: true; readonly minor: number; readonly negative: boolean }
  | { readonly ok: false; readonly reason: string };

const decimal = /^(?<sign>[+-]?)(?<whole>\d+)(?:\.(?<part>\d+))?$/;

/**
 * Reads an amount such as `11.77`, `-5` or `1200.000`: `minor` is its size without the sign. Refused with a reason:
 * anything but digits and one point, non-zero decimals beyond the currency's, and sizes above 2^53 - 1.
 */
export function parseAmount(text: string, decimals: number): Amount {
  const groups = decimal.exec(text.trim())?.groups;
  if (groups === undefined) return { ok: false, reason: 'amount is not a decimal number' };
  const part = groups['part'] ?? '';
  if (/[1-9]/.test(part.slice(decimals))) return { ok: false, reason: `amount has more than ${decimals} decimals` };
  const minor = Number(`${groups['whole'] ?? ''}${part.slice(0, decimals).padEnd(decimals, '0')}`);
  if (!Number.isSafeInteger(minor)) return { ok: false, reason: 'amount is too large' };
  return { ok: true, minor, negative: groups['sign'] === '-' && minor > 0 };
}
