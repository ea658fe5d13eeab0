/** The part of a model that prices a customer, read key by key: purchases, spend, margin, lifetime value, referrals. */
import type { Limits, Part } from './check.ts';
import type {
  Clv,
  CrossSell,
  GrossMargin,
  PriceSensitivity,
  PurchaseModel,
  Referral,
  SpendModel,
  WinBack,
} from './model-value.ts';
import { amountMinorMax } from './money.ts';

const share: Limits = { min: 0, max: 1 };
const amount: Limits = { min: 0, max: amountMinorMax };
const wholeAmount: Limits = { ...amount, isInteger: true };
/** A fitted parameter: beyond this a likelihood is flat, and a double has no digits left for what is added to it. */
const parameter: Limits = { above: 0, max: 1e6 };
const weight: Limits = { min: -1e3, max: 1e3 };

/** Reads the purchase process and its parameters; without word, a fit that saw no drop-out counts as degenerate. */
export function purchaseIn(part: Part): PurchaseModel {
  part.object(['process', 'r', 'alpha', 'a', 'b'], ['degenerate']);
  const a = part.at('a').number(parameter);
  const b = part.at('b').number(parameter);
  const isDegenerate = part.at('degenerate').isMissing ? sawNoDropOut(a, b) : part.at('degenerate').flag();
  if (isDegenerate) {
    part.warn(
      'is a degenerate fit: P(alive) says little; alerts and losses also go by the overdue quantile of the gap',
    );
  }
  return {
    process: part.at('process').oneOf('process', ['mbg-nbd', 'bg-nbd']),
    r: part.at('r').number(parameter),
    alpha: part.at('alpha').number(parameter),
    a,
    b,
    degenerate: isDegenerate,
  };
}

/** Mean drop-out a / (a + b) at a bound, or a drop-out so even that b has run away. */
function sawNoDropOut(a: number, b: number): boolean {
  const dropOut = a / (a + b);
  return dropOut < 1e-3 || dropOut > 0.999 || b > 1e4;
}

/** Reads the spend model; its three parameters go together. */
export function spendIn(part: Part): SpendModel {
  part.object([], ['p', 'q', 'vMinor', 'medianMinor']);
  const [p, q, v] = ['p', 'q', 'vMinor'].map((key) =>
    part.at(key).nullable((given) => given.number({ above: 0, max: 1e12 })),
  );
  const missing = ['p', 'q', 'vMinor'].filter((key) => part.at(key).value === null);
  if (missing.length > 0 && missing.length < 3) {
    part.fault(`lacks ${missing.join(' and ')}: p, q and vMinor are one fit and go together`);
  }
  const isWhole = p !== null && p !== undefined && q !== null && q !== undefined && v !== null && v !== undefined;
  return {
    gammaGamma: isWhole ? { p, q, v } : null,
    medianMinor: part.at('medianMinor').nullable((given) => given.number(amount)),
  };
}

/** Reads the gross margins. */
export function grossMarginIn(part: Part): GrossMargin {
  part.object(['default'], ['byCategory']);
  const categories = part.at('byCategory').map();
  return {
    default: part.at('default').number(share),
    byCategory: Object.fromEntries(categories.map((name) => [name, part.at('byCategory').at(name).number(share)])),
  };
}

/** Reads the lifetime value's horizon, discount and maintenance. */
export function clvIn(part: Part): Clv {
  part.object(['horizonMonths', 'monthlyDiscount', 'maintenancePerPurchaseMinor', 'maintenancePerMonthMinor']);
  const maintenancePerMonthMinor = part.at('maintenancePerMonthMinor').number(wholeAmount);
  if (maintenancePerMonthMinor > 0) {
    part
      .at('maintenancePerMonthMinor')
      .warn('makes the predicted value fall and rise again in silence, and below zero for most one-time buyers');
  }
  return {
    horizonMonths: part.at('horizonMonths').number({ min: 1, max: 120, isInteger: true }),
    monthlyDiscount: part.at('monthlyDiscount').number({ min: 0, max: 1 }),
    maintenancePerPurchaseMinor: part.at('maintenancePerPurchaseMinor').number(wholeAmount),
    maintenancePerMonthMinor,
  };
}

/** Reads what a referrer earns. */
export function referralIn(part: Part): Referral {
  part.object(['share', 'capMinor']);
  return {
    share: part.at('share').number(share),
    capMinor: part.at('capMinor').nullable((cap) => cap.number(wholeAmount)),
  };
}

/** Reads the rates of new categories. */
export function crossSellIn(part: Part): CrossSell {
  part.object(['newCategoryRates']);
  return {
    newCategoryRates: part
      .at('newCategoryRates')
      .list(0, 64)
      .map((rate) => rate.number(share)),
  };
}

/** Reads the weights of the win-back probability. */
export function winBackIn(part: Part): WinBack {
  part.object(['intercept', 'lnWeeksSinceLapse', 'lnNetMinor', 'lnRepeatDays']);
  return {
    intercept: part.at('intercept').number(weight),
    lnWeeksSinceLapse: part.at('lnWeeksSinceLapse').number(weight),
    lnNetMinor: part.at('lnNetMinor').number(weight),
    lnRepeatDays: part.at('lnRepeatDays').number(weight),
  };
}

/** Reads what price sensitivity is shrunk to. */
export function priceSensitivityIn(part: Part): PriceSensitivity {
  part.object(['population', 'weightDays']);
  return {
    population: part.at('population').number(share),
    weightDays: part.at('weightDays').number({ min: 0, max: 1e3 }),
  };
}
