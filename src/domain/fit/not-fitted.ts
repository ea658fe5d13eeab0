/** What a model could hold that the data at hand do not give: each by name, with how much was there and how much it takes. */
import { categoryDaysMin } from './categories.ts';
import { clusterCustomersMin } from './clusters.ts';
import type { Fit } from './fit.ts';
import { pricingOrdersMin } from './pricing.ts';
import { spendCustomersMin } from './spend-fit.ts';
import { secondPurchasesMin } from './timing.ts';
import { lapsesMin, returnsMin } from './win-back.ts';

/** A quantity the data do not give. */
export interface NotFitted {
  readonly quantity: string;
  readonly reason: string;
  /** What was there, of what the minimum counts. */
  readonly count: number;
  readonly minimum: number;
  readonly of: string;
}

type Fitted = Pick<
  Fit,
  'spend' | 'pricing' | 'secondPurchase' | 'categories' | 'winBack' | 'clusters' | 'holdout' | 'bands' | 'chosenBand'
>;
type Row = readonly [missing: boolean, quantity: string, reason: string, count: number, minimum: number, of: string];

/** Lists what is missing, in the order of the model file. */
export function notFitted(fitted: Fitted, customers: number, alertsMax: number | null): readonly NotFitted[] {
  return [...ofPurchases(fitted, customers), ...ofHoldout(fitted, alertsMax), ...ofOtherInputs].flatMap(
    ([missing, quantity, reason, count, minimum, of]) => (missing ? [{ quantity, reason, count, minimum, of }] : []),
  );
}

function ofPurchases(fitted: Fitted, customers: number): Row[] {
  const { spend, pricing, clusters, secondPurchase, categories, winBack } = fitted;
  const { lapses, returns, logistic } = winBack;
  const { grossMargin, priced, discountShare, discounted } = pricing;
  const { days, rates } = categories;
  const few = 'too few customers pay on repeat days';
  const alike = 'too few customers, or all alike';
  const seen = secondPurchase?.returned ?? 0;
  return [
    [spend === null, 'spend', few, spend?.customers ?? 0, spendCustomersMin, 'paying repeat customers'],
    [grossMargin === null, 'gross margin', 'too few costs; 1 stands in', priced, pricingOrdersMin, 'orders with costs'],
    [
      discountShare === null,
      'price sensitivity',
      'too few discounts',
      discounted,
      pricingOrdersMin,
      'orders with a discount',
    ],
    [rates.length === 0, 'new-category rates', 'too few days with a category', days, categoryDaysMin, 'purchase days'],
    [rates.length === 0, 'category anchors', 'too few days with a category', days, categoryDaysMin, 'purchase days'],
    [logistic === null && lapses < lapsesMin, 'win-back weights', 'too few lapses', lapses, lapsesMin, 'lapses'],
    [logistic === null && returns < returnsMin, 'win-back weights', 'too few returns', returns, returnsMin, 'returns'],
    [clusters === null, 'clusters', alike, customers, clusterCustomersMin, 'customers'],
    [seen === 0, 'first-timer notices', 'too few second purchases', seen, secondPurchasesMin, 'second purchases'],
  ];
}

function ofHoldout({ holdout, bands, chosenBand }: Fitted, alertsMax: number | null): Row[] {
  const watched = holdout === null ? 0 : Math.floor(holdout.weeks);
  const volumes = (bands?.scores ?? []).flatMap(({ rule, volume }) => (rule.kind === 'probability' ? [volume] : []));
  const quietest = volumes.length === 0 ? 0 : Math.ceil(Math.min(...volumes));
  const tooLoud = bands !== null && alertsMax !== null && chosenBand === null;
  const loud = 'every rule raises more; the count is the quietest one';
  const short = 'the holdout is shorter than h and four weeks';
  return [
    [holdout === null, 'holdout quality', 'no history after the cut, or too little before it', 0, 1, 'holdouts'],
    [bands === null, 'churn bands', short, watched, 8, 'holdout weeks'],
    [tooLoud, 'band for the alerts allowed', loud, quietest, alertsMax ?? 0, 'alerts per 1,000 customers and month'],
  ];
}

const elsewhere = 'purchases do not tell; no factor of the score';
/** These need inputs a history of purchases does not have. */
const ofOtherInputs: readonly Row[] = [
  [true, 'churn-signal weights', 'purchases do not tell', 0, 200, 'customers with a signal before a silence'],
  [true, 'satisfaction prior and anchors', elsewhere, 0, 100, 'survey answers'],
  [true, 'engagement anchors', elsewhere, 0, 1_000, 'interactions'],
  [true, 'referral anchors', elsewhere, 0, 1_000, 'referrals'],
];
