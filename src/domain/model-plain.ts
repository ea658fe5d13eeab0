/**
 * A model as a model file would say it, every default and preset resolved: what `model show` prints, `model diff` compares
 * and `checkModel` reads back to the very same model. Keys in the order of docs/MODEL.md.
 */
import { businessDay, isoDate } from './calendar.ts';
import type { Factor, Model, TierLevel } from './model.ts';
import type { DatedRate } from './money.ts';
import { dayMs } from './time.ts';

/** Returns the file form: objects, lists, numbers, texts, true, false and null only. */
export function plainModel(model: Model): Readonly<Record<string, unknown>> {
  const { spend, zone } = model;
  return {
    revision: model.revision,
    currency: model.currency,
    rates: mapped(model.rates, (rates) => plainRates(rates, zone)),
    zone,
    futureToleranceMs: model.futureToleranceMs,
    rings: model.rings,
    purchase: model.purchase,
    horizonDays: model.horizonDays,
    spend: {
      p: spend.gammaGamma?.p ?? null,
      q: spend.gammaGamma?.q ?? null,
      vMinor: spend.gammaGamma?.v ?? null,
      medianMinor: spend.medianMinor,
    },
    grossMargin: model.grossMargin,
    clv: model.clv,
    referral: model.referral,
    crossSell: model.crossSell,
    winBack: model.winBack,
    priceSensitivity: model.priceSensitivity,
    repurchaseWindowDays: model.repurchaseWindowDays,
    touchWindowDays: model.touchWindowDays,
    rfm: model.rfm,
    clusters: model.clusters,
    voice: model.voice,
    engagement: model.engagement,
    lifecycle: model.lifecycle,
    churn: model.churn,
    score: Object.fromEntries(model.factors.map(plainFactor)),
    tiers: { dwellDays: model.dwellMs / dayMs, noticeDays: model.noticeDays, levels: model.tiers.map(plainLevel) },
    attributes: model.attributes,
  };
}

function plainRates(rates: readonly DatedRate[], zone: string): unknown {
  const [only] = rates;
  if (rates.length === 1 && only?.fromAt === 0) return only.text;
  return rates.map(({ text, fromAt }) => ({ from: isoDate(businessDay(fromAt, zone)), rate: text }));
}

function plainFactor({ name, ...factor }: Factor): readonly [string, Omit<Factor, 'name'>] {
  return [name, factor];
}

function plainLevel({ id, name, enter, leave, profitFloorMinor }: TierLevel): object {
  return enter === null ? { id, name } : { id, name, enter, leave, profitFloorMinor };
}

function mapped<T>(record: Readonly<Record<string, T>>, change: (value: T) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
