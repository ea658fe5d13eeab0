/**
 * The report of a fit as one HTML page, complete in itself: no script, no font, no image is loaded. Readable in light and
 * dark. What it says is decided by the fit; here it is only laid out.
 */
import type { BandRule, BandScore, BandTable } from '../../domain/fit/bands.ts';
import type { Fit, Holdout } from '../../domain/fit/fit.ts';
import type { PurchaseFit } from '../../domain/fit/purchase-fit.ts';
import { escaped, pairedBars, scatter, type Axis, type Mark } from './charts.ts';
import { pageStyle } from './style.ts';

/** Returns the page; `isoText` writes an instant down. */
export function fitPage(fit: Fit, currency: string, isoText: (instantMs: number) => string): string {
  const title = `Fit of ${fit.customers.toLocaleString('en-US')} customers until ${isoText(fit.until)}`;
  const sections = [
    section(
      'Purchase models',
      purchaseTable(fit),
      'Time in weeks; ± is one standard error, from the curvature of the log-likelihood.',
    ),
    section('Spend and timing', factsTable(fit, currency)),
    section(
      'Score',
      scoreTable(fit),
      'Points rise from the 5th to the 95th percentile of the customers. The weights are a starting point, not fitted.',
    ),
    section(
      'Tiers and clusters',
      shareTable(fit),
      'Tiers by points of 10,000; clusters by their distance from the mean customer, in standard deviations of the logarithms.',
    ),
    ...(fit.holdout === null ? [] : holdoutSections(fit.holdout, isoText)),
    ...(fit.bands === null ? [] : bandSections(fit.bands, fit.chosenBand, currency, isoText)),
    section('Not fitted', notFittedTable(fit), 'Each is left to its default.'),
  ];
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(title)}</title><style>${pageStyle}</style></head><body><main><h1>${escaped(title)}</h1><p>${fit.repeatCustomers.toLocaleString('en-US')} of them bought on two days or more, ${fit.purchaseDays.toLocaleString('en-US')} purchase days in all. h, the horizon of P(buy), is ${fit.horizonWeeks} weeks.</p>${sections.join('')}</main></body></html>\n`;
}

function section(title: string, body: string, note = ''): string {
  return `<section><h2>${escaped(title)}</h2>${note === '' ? '' : `<p>${escaped(note)}</p>`}${body}</section>`;
}

/** What stands to the right of its column, so that digits of the same worth stand below each other. */
const figure = /^(?:–|[\d.,]+(?: %| w)?|)$/;

function table(head: readonly string[], rows: readonly (readonly string[])[], marked = -1): string {
  const isFigures = head.map((_, column) => rows.length > 0 && rows.every((row) => figure.test(row[column] ?? '')));
  const cells = (row: readonly string[], tag: string): string =>
    row
      .map((cell, column) => `<${tag}${isFigures[column] === true ? ' class="figure"' : ''}>${escaped(cell)}</${tag}>`)
      .join('');
  const body = rows.map((row, index) => `<tr${index === marked ? ' class="marked"' : ''}>${cells(row, 'td')}</tr>`);
  return `<div class="wide"><table><thead><tr>${cells(head, 'th')}</tr></thead><tbody>${body.join('')}</tbody></table></div>`;
}

function purchaseTable({ purchase, alternative }: Fit): string {
  const row = ({
    process,
    r,
    alpha,
    a,
    b,
    logLikelihood,
    standardErrors,
    degenerateBecause,
  }: PurchaseFit): string[] => [
    process,
    withError(r, standardErrors?.r),
    withError(alpha, standardErrors?.alpha),
    withError(a, standardErrors?.a),
    withError(b, standardErrors?.b),
    logLikelihood.toFixed(3),
    degenerateBecause.length === 0 ? 'sound' : `degenerate: ${degenerateBecause.join('; ')}`,
  ];
  return table(['process', 'r', 'alpha', 'a', 'b', 'log-likelihood', 'fit'], [row(purchase), row(alternative)]);
}

function factsTable(
  { spend, medianBasketMinor, horizonWeeks, horizonFitted, secondPurchase, ...fit }: Fit,
  currency: string,
): string {
  const rows: string[][] = [];
  if (spend !== null) {
    rows.push([
      'Gamma-Gamma',
      `p ${withError(spend.p, spend.standardErrors?.p)}, q ${withError(spend.q, spend.standardErrors?.q)}, v ${withError(spend.v, spend.standardErrors?.v)} ${currency}; log-likelihood ${spend.logLikelihood.toFixed(3)}, ${spend.customers} customers${spend.degenerate ? '; degenerate' : ''}`,
    ]);
  }
  rows.push(['Median amount of a purchase day', `${medianBasketMinor} minor units`]);
  rows.push(['h', `${horizonWeeks} weeks, ${horizonFitted ? '90th percentile of the gaps' : 'given'}`]);
  if (secondPurchase !== null) {
    const { medianWeeks, p80Weeks, observedMedianWeeks, observedP80Weeks } = secondPurchase;
    rows.push([
      'Second purchase',
      `median ${medianWeeks.toFixed(1)} weeks, 80th percentile ${p80Weeks.toFixed(1)}; uncorrected ${observedMedianWeeks.toFixed(1)} and ${observedP80Weeks.toFixed(1)}`,
    ]);
  }
  const { grossMargin, priced, discountShare, discounted } = fit.pricing;
  if (grossMargin !== null) rows.push(['Gross margin', `${grossMargin.toFixed(3)}; ${priced} orders with costs`]);
  if (discountShare !== null)
    rows.push(['Discounts', `${discountShare.toFixed(3)} of list prices; ${discounted} orders with one`]);
  const { rates } = fit.categories;
  if (rates.length > 0)
    rows.push(['New category', rates.map(({ known, rate }) => `q${known} ${rate.toFixed(3)}`).join(', ')]);
  const { logistic, lapses, returns } = fit.winBack;
  if (logistic !== null) {
    rows.push([
      'Win-back',
      `weights ${logistic.weights.map((weight) => weight.toFixed(3)).join(', ')}; ${lapses} lapses, ${returns} returns`,
    ]);
  }
  rows.push([
    'RFM cuts',
    `recency ${fit.rfm.recencyDays.join(' ')} d; frequency ${fit.rfm.frequency.join(' ')}; money ${fit.rfm.monetaryMinor.join(' ')} minor units`,
  ]);
  return table(['quantity', 'value'], rows);
}

function scoreTable({ factors }: Fit): string {
  const rows = factors.map(({ name, weight, anchors }) => [
    name,
    percent(weight / 10_000),
    anchors.map(([value, share]) => `${value.toLocaleString('en-US')} → ${share}`).join(' · '),
  ]);
  return table(['factor', 'weight', 'value → share of the points'], rows);
}

function shareTable({ tiers, clusters }: Fit): string {
  const tierRows = tiers.map(({ name, enter, share, targetShare }) => [
    `tier ${name}`,
    enter === null ? 'the rest' : `from ${enter.toLocaleString('en-US')}`,
    percent(share),
    `target ${percent(targetShare)}`,
  ]);
  const clusterRows = (clusters?.clusters ?? []).map(({ id, centroid, share }) => [
    `cluster ${id}`,
    centroid.map((value, feature) => `${clusters?.features[feature]?.metric ?? ''} ${signed(value)}`).join(', '),
    percent(share),
    `silhouette ${clusters?.silhouette.toFixed(2) ?? ''}`,
  ]);
  return table(['group', 'where', 'share', ''], [...tierRows, ...clusterRows]);
}

const shareAxis = (label: string): Axis => ({
  label,
  min: 0,
  max: 1,
  ticks: [0, 0.2, 0.4, 0.6, 0.8, 1],
  format: (value) => value.toFixed(1),
});

function holdoutSections(holdout: Holdout, isoText: (instantMs: number) => string): string[] {
  const { scores, aucRecency, brierBase } = holdout;
  const rows = scores.map(({ process, expectedTotal, meanAbsoluteError, aucPBuy, aucPAlive, brier }) => [
    process,
    expectedTotal.toFixed(1),
    meanAbsoluteError.toFixed(4),
    fixed(aucPBuy),
    fixed(aucPAlive),
    brier.toFixed(3),
  ]);
  rows.push(['recency alone', '', '', fixed(aucRecency), '', `${brierBase.toFixed(3)} (one share for all)`]);
  const note = `${isoText(holdout.cutAt)} to ${isoText(holdout.untilAt)}: ${holdout.buyers} of ${holdout.customers} customers bought, on ${holdout.actualTotal} days.${holdout.refitted ? ' The models judged were fitted to what came before.' : ''} AUC is the chance that a buyer ranks above a non-buyer; recency alone is a strong rival, so look at calibration too.`;
  const [main] = scores;
  const quality = section(
    'Holdout',
    table(['model', 'expected purchases', 'MAE', 'AUC P(buy)', 'AUC P(alive)', 'Brier'], rows),
    note,
  );
  if (main === undefined) return [quality];
  const marks = main.calibration.map(({ predicted, observed, interval, customers }): Mark => ({
    x: predicted,
    y: observed,
    shape: 'dot',
    title: `${customers} customers: predicted ${predicted.toFixed(3)}, bought ${observed.toFixed(3)}`,
    ...(interval ?? {}),
  }));
  const pairs = main.frequency.map(({ repeatDays, actual, expected }) => ({
    name: repeatDays === 7 ? '7+' : String(repeatDays),
    first: actual,
    second: expected,
  }));
  const top = Math.max(1, ...pairs.flatMap(({ first, second }) => [first, second]));
  return [
    quality,
    section(
      'Calibration',
      scatter(shareAxis('P(buy), mean of a tenth of the customers'), shareAxis('share that bought'), marks, true),
      'On the dashed line what was said came true; bars are 95 % intervals.',
    ),
    section(
      'Purchases by frequency',
      pairedBars('repeat purchase days before the cut', pairs, axisOver('mean purchase days after it', 0, top), [
        'actual',
        'expected',
      ]),
      'Filled: what happened. Outlined: what the model expected.',
    ),
  ];
}

function bandSections(
  bands: BandTable,
  chosen: BandScore | null,
  currency: string,
  isoText: (instantMs: number) => string,
): string[] {
  const note = `Alerts from ${isoText(bands.fromAt)} to ${isoText(bands.toAt)}, judged by the ${bands.horizonWeeks} weeks after each.${bands.sampled ? ' From a sample of the customers.' : ''} Precision: share without a purchase in them. Recall and lead: silences of ${2 * bands.horizonWeeks} weeks or more warned of before, and how long before (${bands.longSilences} of them). At stake: fall of the expected revenue of a year, before margin.`;
  const marks = bands.scores.flatMap((score): Mark[] => {
    if (score.precision === null) return [];
    const shape = score === chosen ? 'star' : score.rule.kind === 'silence' ? 'square' : 'dot';
    const title = `${ruleName(score.rule)}: ${score.volume.toFixed(1)} alerts, precision ${fixed(score.precision)}, recall ${fixed(score.recall)}, lead ${weeksText(score.leadWeeks)}`;
    return [{ x: score.volume, y: score.precision, shape, title }];
  });
  const rows = bands.scores.map((score) => [
    ruleName(score.rule),
    String(score.alerts),
    score.volume.toFixed(1),
    score.precisionInterval === null
      ? '–'
      : `${fixed(score.precision)} (${fixed(score.precisionInterval.low)}–${fixed(score.precisionInterval.high)})`,
    fixed(score.recall),
    weeksText(score.leadWeeks),
    weeksText(score.silenceWeeks),
    score.valueAtStakeMinor === null ? '–' : Math.round(score.valueAtStakeMinor).toLocaleString('en-US'),
  ]);
  const head = [
    'theta / c',
    'alerts',
    'per 1,000 and month',
    'precision (95 %)',
    'recall',
    'lead',
    'silence',
    `at stake, ${currency} minor`,
  ];
  const [volumes, precisions] = [marks.map(({ x }) => x), marks.map(({ y }) => y)];
  const picture =
    marks.length === 0
      ? ''
      : scatter(
          axisOver('alerts per 1,000 customers and month', Math.min(...volumes), Math.max(...volumes)),
          axisOver('precision', Math.min(...precisions), Math.max(...precisions)),
          marks,
        );
  const legend =
    chosen === null ? 'Squares: plain silence.' : `Squares: plain silence. Ring: ${ruleName(chosen.rule)}, chosen.`;
  return [
    section(
      'Band chooser',
      `${picture}<p>${escaped(legend)}</p>${table(head, rows, chosen === null ? -1 : bands.scores.indexOf(chosen))}`,
      note,
    ),
  ];
}

function notFittedTable({ notFitted }: Fit): string {
  const rows = notFitted.map(({ quantity, reason, count, minimum, of }) => [
    quantity,
    reason,
    `${count} ${of}`,
    String(minimum),
  ]);
  return table(['quantity', 'why', 'there were', 'needed'], rows);
}

/** Round ends around the values from `low` to `high`, and at most seven round steps between them. */
function axisOver(label: string, low: number, high: number): Axis {
  const span = Math.max(high - low, Math.abs(high) / 100, 1e-3);
  const power = 10 ** Math.floor(Math.log10(span / 6));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power * 6 >= span) ?? 10);
  const [first, last] = [Math.floor(low / step), Math.max(Math.ceil(high / step), Math.floor(low / step) + 1)];
  const ticks = Array.from({ length: last - first + 1 }, (_, index) => (first + index) * step);
  return {
    label,
    min: first * step,
    max: last * step,
    ticks,
    format: (value) => String(Number(value.toPrecision(3))),
  };
}

function ruleName(rule: BandRule): string {
  if (rule.kind === 'silence') return `silence ${rule.days} d`;
  return `${rule.theta.toFixed(2)} / ${rule.c === null ? '–' : rule.c.toFixed(2)}`;
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}`;
}

function withError(value: number, error: number | undefined): string {
  const text = String(Number(value.toPrecision(5)));
  return error === undefined ? text : `${text} ± ${Number(error.toPrecision(2))}`;
}

function fixed(value: number | null): string {
  return value === null ? '–' : value.toFixed(3);
}

function weeksText(value: number | null): string {
  return value === null ? '–' : `${value.toFixed(1)} w`;
}

function percent(value: number): string {
  return `${(100 * value).toFixed(1)} %`;
}
