/**
 * The text of a model file from a fit: every fitted key with where it came from, and nothing that would only repeat a
 * default. What could not be fitted is left to its default and named in the report.
 */
import { dayMs, weekMs } from '../time.ts';
import type { Anchor } from '../model.ts';
import type { BandScore } from './bands.ts';
import type { ClusterFit } from './clusters.ts';
import type { Fit } from './fit.ts';
import type { PricingFit } from './pricing.ts';

export interface ModelTextOptions {
  readonly revision: number;
  readonly currency: string;
  /** Decimals of the currency. */
  readonly currencyDigits: number;
  readonly zone: string;
  /** ISO date or instant of `fit.until`, for the comment. */
  readonly untilText: string;
}

/** Segments every RFM map can reach, the usual names; order decides. */
const segments = [
  'champions, recency: [4, 5], frequency: [4, 5], monetary: [4, 5]',
  'cannot_lose, recency: [1, 1], frequency: [4, 5], monetary: [4, 5]',
  'new_customers, recency: [4, 5], frequency: [1, 1], monetary: [1, 1]',
  'promising, recency: [3, 4], frequency: [1, 1], monetary: [1, 1]',
  'loyal, recency: [2, 5], frequency: [3, 5], monetary: [3, 5]',
  'potential_loyalist, recency: [3, 5], frequency: [1, 3], monetary: [1, 3]',
  'need_attention, recency: [2, 3], frequency: [2, 3], monetary: [2, 3]',
  'about_to_sleep, recency: [2, 3], frequency: [1, 2], monetary: [1, 2]',
  'at_risk, recency: [1, 2], frequency: [2, 5], monetary: [2, 5]',
  'lost, recency: [1, 2], frequency: [1, 2], monetary: [1, 2]',
];

/** The largest parameter a model takes; a degenerate fit runs beyond it. */
const parameterMax = 1e6;

/** Returns the YAML text. */
export function modelText(fit: Fit, options: ModelTextOptions): string {
  const { revision, currency, zone, untilText } = options;
  return [
    `# Fitted by clientele fit to ${fit.customers} customers and ${fit.purchaseDays} purchase days until ${untilText}.`,
    '# Money in minor units, scores in hundredths of a point (10000 = 100 points), time in days unless named otherwise.',
    '',
    `revision: ${revision} # grows with every change of content; stamped on every transition`,
    `currency: ${currency}`,
    `zone: ${zone}`,
    '',
    ...purchaseLines(fit),
    ...spendLines(fit, options.currencyDigits),
    ...pricingLines(fit.pricing),
    ...crossSellLines(fit),
    ...winBackLines(fit),
    ...rfmLines(fit),
    ...clusterLines(fit.clusters),
    ...lifecycleLines(fit),
    ...bandLines(fit.chosenBand),
    ...scoreLines(fit),
    ...tierLines(fit),
  ].join('\n');
}

function purchaseLines({ purchase, horizonWeeks, horizonFitted }: Fit): readonly string[] {
  const [r, alpha, a, b] = [purchase.r, purchase.alpha, purchase.a, purchase.b].map((value) =>
    digits(Math.min(parameterMax, value)),
  );
  return [
    `# MBG/NBD by maximum likelihood, time in weeks; log-likelihood ${purchase.logLikelihood.toFixed(3)}.`,
    ...(purchase.degenerate ? ['# Degenerate, so the overdue quantile of the gap also judges silence:'] : []),
    ...purchase.degenerateBecause.map((because) => `#   ${because}`),
    'purchase:',
    `  { process: mbg-nbd, r: ${r}, alpha: ${alpha}, a: ${a}, b: ${b}, degenerate: ${purchase.degenerate} }`,
    `# h of "probability of a purchase within h": ${horizonWeeks} weeks${horizonFitted ? ', the 90th percentile of the gaps' : ''}.`,
    `horizonDays: ${(horizonWeeks * weekMs) / dayMs}`,
    '',
  ];
}

function spendLines({ spend, medianBasketMinor }: Fit, currencyDigits: number): readonly string[] {
  const median = `medianMinor: ${digits(Math.max(0, medianBasketMinor))}`;
  if (spend === null || spend.degenerate) return ['spend:', `  { ${median} } # no Gamma-Gamma fitted`, ''];
  const vMinor = digits(spend.v * 10 ** currencyDigits);
  return [
    `# Gamma-Gamma over ${spend.customers} customers with paid repeat days.`,
    `spend: { p: ${digits(spend.p)}, q: ${digits(spend.q)}, vMinor: ${vMinor}, ${median} }`,
    '',
  ];
}

function pricingLines({ grossMargin, priced, discountShare, discounted }: PricingFit): readonly string[] {
  return [
    ...(grossMargin === null
      ? [
          `# Too few orders have costs (${priced}), so a margin of 1 stands in. For a margin m write grossMargin: { default: m },`,
          '# and multiply the anchors of profit365 and clvPredicted below by m.',
          '',
        ]
      : [`# Over ${priced} orders with costs.`, `grossMargin: { default: ${digits(grossMargin, 4)} }`, '']),
    ...(discountShare === null
      ? []
      : [
          `# Discounts over list prices; ${discounted} orders had one.`,
          `priceSensitivity: { population: ${digits(discountShare, 4)} }`,
          '',
        ]),
  ];
}

function crossSellLines({ categories }: Fit): readonly string[] {
  if (categories.rates.length === 0) return [];
  const rates = categories.rates.map(({ rate }) => digits(rate, 4)).join(', ');
  return [
    `# Over ${categories.days} purchase days with a category.`,
    `crossSell: { newCategoryRates: [${rates}] }`,
    '',
  ];
}

function winBackLines({ winBack }: Fit): readonly string[] {
  if (winBack.logistic === null) return [];
  const [intercept = 0, weeks = 0, net = 0, repeats = 0] = winBack.logistic.weights;
  return [
    `# Logistic over ${winBack.lapses} lapses, ${winBack.returns} of which ended in a return.`,
    'winBack:',
    `  { intercept: ${digits(intercept, 6)}, lnWeeksSinceLapse: ${digits(weeks, 6)}, lnNetMinor: ${digits(net, 6)}, lnRepeatDays: ${digits(repeats, 6)} }`,
    '',
  ];
}

function rfmLines({ rfm }: Fit): readonly string[] {
  return [
    '# Quintiles of the customers; a value on a cut point belongs to the lower side.',
    'rfm:',
    `  recencyDays: [${rfm.recencyDays.join(', ')}]`,
    `  frequency: [${rfm.frequency.join(', ')}]`,
    `  monetaryMinor: [${rfm.monetaryMinor.join(', ')}]`,
    '  segments:',
    ...segments.map((segment) => `    - { id: ${segment} }`),
    '',
  ];
}

function clusterLines(clusters: ClusterFit | null): readonly string[] {
  if (clusters === null) return [];
  return [
    `# k-means on ${clusters.sampleSize} customers, mean silhouette ${clusters.silhouette.toFixed(2)}.`,
    'clusters:',
    '  features:',
    ...clusters.features.map(
      ({ metric, mean, deviation }) =>
        `    - { metric: ${metric}, scale: log, mean: ${digits(mean, 6)}, sd: ${digits(deviation, 6)} }`,
    ),
    '  centroids:',
    ...clusters.clusters.map(
      ({ id, centroid, share }) =>
        `    - { id: ${id}, at: [${centroid.map((value) => digits(value, 6)).join(', ')}] } # ${(100 * share).toFixed(1)} %`,
    ),
    '',
  ];
}

function lifecycleLines({ secondPurchase }: Fit): readonly string[] {
  if (secondPurchase === null) return [];
  const due = Math.max(1, Math.round((secondPurchase.medianWeeks * weekMs) / dayMs));
  const lapsing = Math.max(due + 1, Math.round((secondPurchase.p80Weeks * weekMs) / dayMs));
  return [
    `# Median and 80th percentile of the time to a second purchase, ${secondPurchase.returned} seen, corrected for censoring.`,
    `lifecycle: { secondPurchaseDueDays: ${due}, newLapsingDays: ${lapsing} }`,
    '',
  ];
}

/** The chosen band is the one alerts open at; watch and critical keep their distance to it as in the defaults. */
function bandLines(band: BandScore | null): readonly string[] {
  if (band?.rule.kind !== 'probability') return [];
  const { theta, c } = band.rule;
  const line = (name: string, threshold: number, shareOfStart: number | null): string =>
    `    ${name}: { threshold: ${digits(threshold, 3)}, shareOfStart: ${shareOfStart === null ? 'null' : digits(shareOfStart, 3)}, action: null }`;
  const scaled = (by: number): number | null => (c === null ? null : Math.min(0.95, c * by));
  return [
    `# Chosen by alerts allowed: ${band.volume.toFixed(1)} per 1,000 customers and month in the holdout.`,
    'churn:',
    '  openAt: alert',
    '  bands:',
    line('watch', Math.min(0.95, theta * (0.5 / 0.35)), scaled(0.8 / 0.6)),
    line('alert', theta, c),
    line('critical', theta * (0.2 / 0.35), scaled(0.4 / 0.6) ?? 0.4),
    '',
  ];
}

function scoreLines({ factors }: Fit): readonly string[] {
  return [
    '# Anchors from the 5th to the 95th percentile of the customers; the weights, in proportion those of the preset for retail,',
    '# are a starting point, not fitted.',
    'score:',
    ...factors.map(
      ({ name, weight, prior, anchors }) =>
        `  ${name}: { weight: ${weight}, prior: ${prior}, anchors: [${anchors.map(anchorText).join(', ')}] }`,
    ),
    '',
  ];
}

function tierLines({ tiers }: Fit): readonly string[] {
  const shares = tiers.map(({ share }) => (100 * share).toFixed(1)).join(' / ');
  return [
    `# Lines for 20 / 30 / 50 % of the customers; they came out at ${shares} %.`,
    'tiers:',
    '  levels:',
    ...tiers.map(({ id, name, enter, leave }) =>
      enter === null || leave === null
        ? `    - { id: ${id}, name: ${name} }`
        : `    - { id: ${id}, name: ${name}, enter: ${enter}, leave: ${leave} }`,
    ),
    '',
  ];
}

function anchorText([value, share]: Anchor): string {
  return `[${value}, ${share}]`;
}

/** A number with so many significant digits and no more than needed. */
function digits(value: number, significant = 9): string {
  return String(Number(value.toPrecision(significant)));
}
