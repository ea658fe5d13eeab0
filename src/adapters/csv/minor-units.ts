/**
 * Decimal text -> exact integer minor units by the ISO 4217 decimals of the currency. No floating point is involved
 * before the last, exact step; which currencies a service accepts is the model's affair, not decided here.
 */

export type Amount =
  | { readonly ok: true; readonly minor: number; readonly negative: boolean }
  | { readonly ok: false; readonly reason: string };

const decimal = /^(?<sign>[+-]?)(?<whole>\d+)(?:\.(?<part>\d+))?$/;
/** What programs that reckon in floating point write where a sum should be 0, such as 4.440892e-16. */
const residue = /^[+-]?\d(?:\.\d+)?e-[1-9]\d$/i;

/**
 * Reads an amount such as `11.77`, `-5` or `1200.000`: `minor` is its size without the sign. Refused with a reason:
 * anything but digits and one point, non-zero decimals beyond the currency's, and sizes above 2^53 - 1. The residue of a
 * floating-point sum, a size below 1e-9 with an exponent, is 0.
 */
export function parseAmount(text: string, decimals: number): Amount {
  const trimmed = text.trim();
  const groups = decimal.exec(residue.test(trimmed) ? '0' : trimmed)?.groups;
  if (groups === undefined) return { ok: false, reason: 'amount is not a decimal number' };
  const part = groups['part'] ?? '';
  if (/[1-9]/.test(part.slice(decimals))) return { ok: false, reason: `amount has more than ${decimals} decimals` };
  const minor = Number(`${groups['whole'] ?? ''}${part.slice(0, decimals).padEnd(decimals, '0')}`);
  if (!Number.isSafeInteger(minor)) return { ok: false, reason: 'amount is too large' };
  return { ok: true, minor, negative: groups['sign'] === '-' && minor > 0 };
}
