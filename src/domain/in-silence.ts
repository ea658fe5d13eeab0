/**
 * What a metric does while a customer is silent, told as parts that each only fall or only rise: their values at two instants
 * then bound it everywhere between. A metric that is `constant` steps at step instants and is bounded piece by piece instead.
 */
import { clvPredicted, perPurchaseMargin } from './forecast.ts';
import type { MetricFunction } from './metric.ts';
import { metrics } from './metrics.ts';
import type { MetricName } from './metrics.ts';
import type { Model } from './model.ts';
import type { Moment } from './moment.ts';
import { totalValue } from './value.ts';

const none: readonly MetricFunction[] = [];

/**
 * Returns the parts whose sum the metric is, each falling or rising through all of the silence; none for a metric that only
 * steps. One part is the metric itself.
 */
export function partsOf(name: MetricName, moment: Moment, model: Model): readonly MetricFunction[] {
  const { inSilence, valueOf } = metrics[name];
  if (inSilence === 'constant') return none;
  const itself = [valueOf];
  if (inSilence !== 'mixed' || name === 'winBack') return itself;
  const { maintenancePerMonthMinor, maintenancePerPurchaseMinor } = model.clv;
  const isRising = perPurchaseMargin(moment, model) < maintenancePerPurchaseMinor;
  // What purchases bring and what the months cost go the same way then, or nothing is paid by the month.
  if (maintenancePerMonthMinor === 0 || isRising) return itself;
  const unkept = { ...model, clv: { ...model.clv, maintenancePerMonthMinor: 0 } };
  const value = name === 'totalValue' ? totalValue : clvPredicted;
  const earned: MetricFunction = (at) => value(at, unkept);
  const upkeep: MetricFunction = (at) => (clvPredicted(at, model) ?? 0) - (clvPredicted(at, unkept) ?? 0);
  return [earned, upkeep];
}
