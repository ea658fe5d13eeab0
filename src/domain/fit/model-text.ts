/**
 * The text of a model file from a fit: every key the model knows, the fitted ones with where they came from. What is fitted
 * but has no key yet stays in the report.
 */
import type { Anchor } from '../model.ts';
import type { Fit } from './fit.ts';

export interface ModelTextOptions {
  readonly revision: number;
  readonly currency: string;
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
export function modelText(fit: Fit, { revision, currency, zone, untilText }: ModelTextOptions): string {
  const { purchase, rfm, factors, tiers } = fit;
  const parameter = (value: number): string => String(Number(Math.min(parameterMax, value).toPrecision(9)));
  const degenerate = purchase.degenerate
    ? [
        '# Degenerate fit: P(alive) says nothing here; rely on the overdue quantile of the gap.',
        ...purchase.degenerateBecause.map((because) => `#   ${because}`),
      ]
    : [];
  return [
    `# Fitted by clientele fit to ${fit.customers} customers and ${fit.purchaseDays} purchase days until ${untilText}.`,
    '# Money in minor units, scores in hundredths of a point (10000 = 100 points), time in days unless named otherwise.',
    '',
    `revision: ${revision} # grows with every change of content; stamped on every transition`,
    `currency: ${currency}`,
    'rates: {} # fixed rates of other currencies, for example EUR: 1.08',
    `zone: ${zone}`,
    '',
    ...degenerate,
    `# MBG/NBD by maximum likelihood, time in weeks; log-likelihood ${purchase.logLikelihood.toFixed(3)}.`,
    'purchase:',
    `  { process: mbg-nbd, r: ${parameter(purchase.r)}, alpha: ${parameter(purchase.alpha)}, a: ${parameter(purchase.a)}, b: ${parameter(purchase.b)} }`,
    `horizonDays: ${7 * fit.horizonWeeks} # h of "probability of a purchase within h": ${fit.horizonWeeks} weeks${fit.horizonFitted ? ', the 90th percentile of the gaps' : ''}`,
    '',
    '# Quintiles of the customers; a value on a cut point belongs to the lower side.',
    'rfm:',
    `  recencyDays: [${rfm.recencyDays.join(', ')}]`,
    `  frequency: [${rfm.frequency.join(', ')}]`,
    `  monetaryMinor: [${rfm.monetaryMinor.join(', ')}]`,
    '  segments:',
    ...segments.map((segment) => `    - { id: ${segment} }`),
    '',
    '# Anchors from the 5th to the 95th percentile of the customers; the weights are a starting point, not fitted.',
    'score:',
    ...factors.map(
      ({ name, weight, prior, anchors }) =>
        `  ${name}: { weight: ${weight}, prior: ${prior}, anchors: [${anchors.map(anchorText).join(', ')}] }`,
    ),
    '',
    `# Lines for 20 / 30 / 50 % of the customers; they came out at ${tiers.map(({ share }) => (100 * share).toFixed(1)).join(' / ')} %.`,
    'tiers:',
    '  dwellDays: 30',
    '  levels:',
    ...tiers.map(({ id, name, enter, leave }) =>
      enter === null || leave === null
        ? `    - { id: ${id}, name: ${name} }`
        : `    - { id: ${id}, name: ${name}, enter: ${enter}, leave: ${leave} }`,
    ),
    '',
    'attributes: {} # closed list of coded attributes of a customer',
    '',
  ].join('\n');
}

function anchorText([value, share]: Anchor): string {
  return `[${value}, ${share}]`;
}
