/** The report of `clientele fit` for a terminal: what was fitted, how well it did on a holdout, what was not fitted and why. */
import type { BandRule, BandScore, BandTable } from '../domain/fit/bands.ts';
import type { Fit, Holdout } from '../domain/fit/fit.ts';
import type { PurchaseFit } from '../domain/fit/purchase-fit.ts';
import type { FitSource } from './fit-json.ts';

/** Returns the report, lines joined. */
export function fitText(fit: Fit, source: FitSource): string {
  return [
    `${fit.customers} customers, ${fit.repeatCustomers} with a second purchase day, ${fit.purchaseDays} purchase days until ${isoText(fit.until)}`,
    ...(source.refusedRows > 0 ? [`${source.refusedRows} of ${source.rows} rows refused and left out`] : []),
    ...(source.unplaced > 0
      ? [`${source.unplaced} refunds or cancellations do not say which order they reverse and are left out`]
      : []),
    '',
    ...purchaseText(fit.purchase),
    ...purchaseText(fit.alternative),
    ...spendText(fit, source.currency),
    '',
    `h                  ${fit.horizonWeeks} weeks${fit.horizonFitted ? ' (90th percentile of the gaps)' : ''}`,
    ...timingText(fit),
    ...pricingText(fit),
    `RFM cuts           recency ${fit.rfm.recencyDays.join(' ')} d · frequency ${fit.rfm.frequency.join(' ')} · money ${fit.rfm.monetaryMinor.join(' ')} minor units`,
    ...fit.factors.map(
      ({ name, weight, anchors: [first, ...rest] }, index) =>
        (index === 0 ? 'score' : '').padEnd(19) +
        `${percent(weight / 10_000)} ${name} from ${first?.[0]} to ${rest.at(-1)?.[0]}`,
    ),
    `tiers              ${fit.tiers.map(({ name, enter, share }) => `${name} ${percent(share)}${enter === null ? '' : ` from ${enter}`}`).join(' · ')}`,
    ...(fit.clusters === null
      ? []
      : [
          `clusters           ${fit.clusters.clusters.map(({ id, share }) => `${id} ${percent(share)}`).join(' · ')} (silhouette ${fit.clusters.silhouette.toFixed(2)})`,
        ]),
    ...(fit.categories.rates.length === 0
      ? []
      : [
          `new categories     ${fit.categories.rates.map(({ known, rate }) => `q${known} ${rate.toFixed(3)}`).join(' · ')}`,
        ]),
    ...winBackText(fit),
    ...(fit.holdout === null ? [] : ['', ...holdoutText(fit.holdout)]),
    ...(fit.bands === null ? [] : ['', ...bandText(fit.bands, fit.chosenBand, source.currency)]),
    '',
    'Not fitted:',
    ...fit.notFitted.map(
      ({ quantity, reason, count, minimum, of }) => `  ${quantity}: ${reason} (${count} ${of}; ${minimum} needed)`,
    ),
  ].join('\n');
}

function purchaseText({ process, r, alpha, a, b, logLikelihood, standardErrors, ...fit }: PurchaseFit): string[] {
  const cell = (name: string, value: number, error: number | undefined): string =>
    `${name} ${significant(value)}${error === undefined ? '' : ` ± ${significant(error, 2)}`}`;
  const cells = [
    cell('r', r, standardErrors?.r),
    cell('alpha', alpha, standardErrors?.alpha),
    cell('a', a, standardErrors?.a),
    cell('b', b, standardErrors?.b),
  ];
  return [
    `${process.padEnd(18)} ${cells.join(' · ')} · log-likelihood ${logLikelihood.toFixed(3)}`,
    ...fit.degenerateBecause.map((because) => `  degenerate: ${because}; the overdue quantile of the gap stands in`),
  ];
}

function spendText({ spend, medianBasketMinor }: Fit, currency: string): string[] {
  const median = `median basket ${medianBasketMinor} minor units`;
  if (spend === null) return [`spend              not fitted; ${median}`];
  const { p, q, v, logLikelihood, customers, frequencyCorrelation, degenerate } = spend;
  const related = Math.abs(frequencyCorrelation) > 0.15;
  return [
    `gamma-gamma        p ${significant(p)} · q ${significant(q)} · v ${significant(v)} ${currency} · log-likelihood ${logLikelihood.toFixed(3)} · ${customers} customers; ${median}`,
    ...(degenerate ? ['  degenerate: the mean, blended with three medians, stands in'] : []),
    ...(related
      ? [`  warning: spend and frequency correlate (${frequencyCorrelation.toFixed(2)}); the model assumes they do not`]
      : []),
  ];
}

function timingText({ secondPurchase }: Fit): string[] {
  if (secondPurchase === null) return [];
  const { medianWeeks, p80Weeks, observedMedianWeeks, observedP80Weeks, returned } = secondPurchase;
  return [
    `second purchase    median ${medianWeeks.toFixed(1)} w, 80th percentile ${p80Weeks.toFixed(1)} w (uncorrected ${observedMedianWeeks.toFixed(1)} and ${observedP80Weeks.toFixed(1)}; ${returned} seen)`,
  ];
}

function pricingText({ pricing: { grossMargin, priced, discountShare, discounted } }: Fit): string[] {
  return [
    ...(grossMargin === null ? [] : [`gross margin       ${grossMargin.toFixed(3)} (${priced} orders with costs)`]),
    ...(discountShare === null
      ? []
      : [`discounts          ${discountShare.toFixed(3)} of list prices (${discounted} orders with one)`]),
  ];
}

function winBackText({ winBack: { logistic, lapses, returns } }: Fit): string[] {
  if (logistic === null) return [];
  const [intercept = 0, weeks = 0, net = 0, repeats = 0] = logistic.weights.map((weight) => significant(weight));
  return [
    `win-back           ${intercept}, weeks since the lapse ${weeks}, money ${net}, frequency ${repeats} (logarithms; ${lapses} lapses, ${returns} returns)`,
  ];
}

function holdoutText({ scores, ...holdout }: Holdout): string[] {
  const { customers, buyers, actualTotal, weeks, aucRecency, brierBase, refitted } = holdout;
  const from = refitted ? 'refitted to the part before; ' : '';
  return [
    `Holdout ${isoText(holdout.cutAt)} to ${isoText(holdout.untilAt)}, ${significant(weeks)} weeks: ${from}${buyers} of ${customers} customers bought, on ${actualTotal} days`,
    '           total   MAE    AUC P(buy)  AUC P(alive)  Brier',
    ...scores.map(
      ({ process, expectedTotal, meanAbsoluteError, aucPBuy, aucPAlive, brier }) =>
        `${process.padEnd(8)} ${expectedTotal.toFixed(1).padStart(8)}  ${meanAbsoluteError.toFixed(4)}  ${share(aucPBuy).padEnd(10)}  ${share(aucPAlive).padEnd(12)}  ${brier.toFixed(3)}`,
    ),
    `recency                    ${share(aucRecency)}  (a ranking by silence alone)    ${brierBase.toFixed(3)} base`,
  ];
}

function bandText(table: BandTable, chosen: BandScore | null, currency: string): string[] {
  const shown = table.scores.filter((score) => score === chosen || isShown(score.rule));
  return [
    `Bands, h ${table.horizonWeeks} weeks, ${isoText(table.fromAt)} to ${isoText(table.toAt)}${table.sampled ? ' (a sample of the customers)' : ''}; the whole grid is in --json and --report`,
    `  rule             per 1,000/month  precision (95 %)     recall  lead   silence  at stake, ${currency} minor`,
    ...shown.map((score) => bandLine(score, score === chosen)),
  ];
}

/** The three default bands, the absolute one, and the plain silences. */
function isShown(rule: BandRule): boolean {
  if (rule.kind === 'silence') return true;
  return ['0.5/0.8', '0.35/0.6', '0.2/0.4', '0.35/null'].includes(`${rule.theta}/${rule.c ?? 'null'}`);
}

function bandLine(score: BandScore, isChosen: boolean): string {
  const { precisionInterval: interval } = score;
  const range = interval === null ? '' : `${share(interval.low)}-${share(interval.high)}`;
  const cells = [
    bandName(score.rule).padEnd(16),
    score.volume.toFixed(1).padStart(15),
    `${share(score.precision)} (${range})`.padEnd(20),
    share(score.recall).padEnd(6),
    weeksText(score.leadWeeks).padStart(6),
    weeksText(score.silenceWeeks).padStart(7),
    score.valueAtStakeMinor === null ? '-' : String(Math.round(score.valueAtStakeMinor)),
  ];
  return `${isChosen ? '* ' : '  '}${cells.join('  ')}`;
}

/** A rule as people write it: `0.35 / 0.60`, `0.35 absolute`, `silence 90 d`. */
export function bandName(rule: BandRule): string {
  if (rule.kind === 'silence') return `silence ${rule.days} d`;
  return rule.c === null ? `${rule.theta.toFixed(2)} absolute` : `${rule.theta.toFixed(2)} / ${rule.c.toFixed(2)}`;
}

function significant(value: number, digits = 5): string {
  return String(Number(value.toPrecision(digits)));
}

function share(value: number | null): string {
  return value === null ? '-' : value.toFixed(3);
}

function percent(value: number): string {
  return `${(100 * value).toFixed(1)} %`;
}

function weeksText(value: number | null): string {
  return value === null ? '-' : `${value.toFixed(1)} w`;
}

/** An instant as `1997-09-30T12:00:00Z`, its date alone at midnight. */
export function isoText(instantMs: number): string {
  const text = new Date(instantMs).toISOString();
  return text.endsWith('T00:00:00.000Z') ? text.slice(0, 10) : text.replace('.000Z', 'Z');
}
