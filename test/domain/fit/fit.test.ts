// A whole model from history: complete, accepted by the check of model files, honest about what is missing.
import { describe, expect, it } from 'vitest';
import { parseModel } from '../../../src/adapters/model-file.ts';
import { fitModel, type Fit, type FitRequest } from '../../../src/domain/fit/fit.ts';
import { modelText } from '../../../src/domain/fit/model-text.ts';
import { PurchaseLogBuilder, type PurchaseLog } from '../../../src/domain/fit/purchase-log.ts';
import { checkModel } from '../../../src/domain/model-check.ts';
import { weekMs } from '../../../src/domain/time.ts';
import { cut, end, purchase, sample } from './cdnow.ts';
import { draw } from './synthetic.ts';

const request: FitRequest = {
  until: cut,
  holdout: { cutAt: cut, untilAt: end },
  zone: 'UTC',
  currencyDigits: 2,
  horizonWeeks: null,
  alertsMax: 65,
};
const text = { revision: 3, currency: 'USD', currencyDigits: 2, zone: 'UTC', untilText: '1997-09-30' };

function fitted(log: PurchaseLog, wanted: FitRequest): Fit {
  const result = fitModel(log, wanted);
  if (!result.ok) throw new Error(result.reason);
  return result.fit;
}

describe('fitModel', () => {
  const fit = fitted(sample(), request);

  it('fits h, spend in dollars and tiers of 20 / 30 / 50 % to CDNOW', () => {
    expect(fit.horizonWeeks).toBe(18);
    expect(fit.spend?.v.toFixed(2)).toBe('15.44');
    expect(fit.spend?.logLikelihood.toFixed(2)).toBe('-4055.92');
    for (const { share, targetShare } of fit.tiers) expect(Math.abs(share - targetShare)).toBeLessThan(0.01);
  });

  it('anchors every factor purchases tell of, money in minor units', () => {
    expect(fit.factors.map(({ name }) => name)).toEqual(['profit365', 'clvPredicted', 'purchaseDays365', 'pBuy']);
    for (const { anchors } of fit.factors) {
      expect([anchors[0]?.[1], anchors.at(-1)?.[1]]).toEqual([0, 1]);
      expect(anchors.every(([value], index) => index === 0 || value > (anchors[index - 1]?.[0] ?? NaN))).toBe(true);
    }
  });

  it('names what is missing with its count and what it takes', () => {
    const names = fit.notFitted.map(({ quantity }) => quantity);
    expect(names).toContain('new-category rates');
    for (const name of ['gross margin', 'price sensitivity', 'category anchors', 'satisfaction prior and anchors'])
      expect(names).toContain(name);
    expect(names).toContain('churn-signal weights');
    for (const { count, minimum } of fit.notFitted) expect(count).toBeLessThan(minimum);
  });

  it('judges a model fitted before the cut when the holdout lies inside the history', () => {
    const inner = fitted(sample(), { ...request, until: end, holdout: { cutAt: cut, untilAt: end } });
    expect(inner.holdout?.refitted).toBe(true);
    expect(inner.holdout?.scores[0]?.expectedTotal).toBeCloseTo(1576.7, 1);
    expect(inner.purchase.logLikelihood).not.toBeCloseTo(fit.purchase.logLikelihood, 0);
  });

  it('says why there is no band when none keeps within the alerts allowed', () => {
    const strict = fitted(sample(), { ...request, alertsMax: 0.5 });
    expect(strict.chosenBand).toBeNull();
    const missing = strict.notFitted.find(({ quantity }) => quantity === 'band for the alerts allowed');
    expect(missing?.count).toBeGreaterThan(missing?.minimum ?? Infinity);
  });

  it('refuses too few customers, and customers who never come back', () => {
    const few = fitModel(draw({ customers: 40, rate: 0.3, leaving: 0.2, weeks: 30 }), {
      ...request,
      until: 30 * weekMs,
    });
    expect(few.ok).toBe(false);
    const builder = new PurchaseLogBuilder('UTC');
    for (let index = 0; index < 500; index += 1) builder.add(purchase(`c${index}`, index, 100));
    const once = fitModel(builder.build(), { ...request, until: weekMs, holdout: null });
    expect(once).toEqual({
      ok: false,
      reason: expect.stringContaining('0 of them with a second purchase day') as string,
    });
  });

  it('tells its stages in order, up to the end', () => {
    const shares: number[] = [];
    fitModel(sample(), request, (_, share) => void shares.push(share));
    expect(shares).toEqual([...shares].sort((left, right) => left - right));
    expect(shares.at(-1)).toBeGreaterThan(0.9);
  });
});

describe('modelText', () => {
  const untilAt = 52 * weekMs;
  const inner = { ...request, until: untilAt, holdout: { cutAt: 26 * weekMs, untilAt } };
  const free = (log: PurchaseLog): PurchaseLog => ({ ...log, netMinor: log.netMinor.map(() => 0) });

  it.each([
    ['CDNOW', sample(), request],
    ['CDNOW until its end', sample(), { ...request, until: end, holdout: null }],
    ['customers who never leave', draw({ customers: 600, rate: 0.5, leaving: 0, weeks: 52 }), inner],
    ['customers who all leave soon', draw({ customers: 600, rate: 0.5, leaving: 0.8, weeks: 52 }), inner],
    ['purchases that cost nothing', free(draw({ customers: 300, rate: 0.3, leaving: 0.2, weeks: 52 })), inner],
    ['few customers', draw({ customers: 60, rate: 0.3, leaving: 0.2, weeks: 52 }), { ...inner, holdout: null }],
  ] as const)('is a model file the check accepts, for %s', (_, log, wanted) => {
    const fit = fitted(log, wanted);
    const file = parseModel(modelText(fit, text), checkModel);
    expect(file.ok ? [] : file.faults).toEqual([]);
    if (!file.ok) return;
    expect(file.model.revision).toBe(3);
    expect(file.model.purchase.degenerate).toBe(fit.purchase.degenerate);
    expect(file.model.horizonDays).toBe(7 * fit.horizonWeeks);
  });

  it('carries spend in minor units, clusters, notices and the chosen band', () => {
    const fit = fitted(sample(), request);
    const file = parseModel(modelText(fit, text), checkModel);
    if (!file.ok) throw new Error('faults');
    const { spend, clusters, lifecycle, churn } = file.model;
    expect(spend.gammaGamma?.v.toFixed(0)).toBe('1544');
    expect(clusters?.centroids.map(({ id }) => id)).toEqual(fit.clusters?.clusters.map(({ id }) => id));
    expect(lifecycle.secondPurchaseDueDays).toBe(44);
    const rule = fit.chosenBand?.rule;
    expect(rule?.kind === 'probability' && [rule.theta, rule.c]).toEqual([
      churn.bands.alert.threshold,
      churn.bands.alert.shareOfStart,
    ]);
  });
});
