/** An explanation as a page for people: money in units of the currency, points with two decimals, instants in UTC to the minute. */
import type { ComingChange } from '../domain/coming-changes.ts';
import type { ActionOutcome } from '../domain/contracts.ts';
import type { ExplainedMetric, Explanation, LineDistance } from '../domain/explain.ts';
import { currencyDigits } from '../domain/money.ts';

/** What is shown of a tier change. */
export interface ShownTransition {
  readonly effectiveAt: number;
  readonly direction: string;
  readonly previousTier: { readonly name: string } | null;
  readonly currentTier: { readonly name: string } | null;
  readonly scoreBefore: number;
  readonly scoreAfter: number;
  readonly factors: readonly { readonly name: string; readonly contribution: number }[];
}

/** An explanation without the Profile, which is not shown. */
type Shown = Omit<Explanation, 'profile'>;

/** Transitions shown; the newest say why. */
const shownTransitions = 5;

/** Returns the page, several lines without a newline at the end; `coming` is null where nobody looked ahead. */
export function explanationText(
  explanation: Shown,
  transitions: readonly ShownTransition[],
  refused: Readonly<Record<string, number>>,
  coming: readonly ComingChange[] | null,
): string {
  const { customerId, asOf, modelRevision, currency } = explanation;
  return [
    `customer ${customerId} as of ${instantText(asOf)} (model revision ${modelRevision}, money in ${currency})`,
    tierText(explanation),
    ...Object.entries(refused).map(([reason, count]) => `${count} events refused: ${reason}`),
    ...section('How it came about', transitionRows(transitions)),
    ...section('If nothing happens within a year', coming === null ? [] : comingRows(coming)),
    ...section('Score', factorRows(explanation)),
    ...section('Lines of the tiers', lineRows(explanation)),
    ...section('What keeps or lifts, each alone', wayRows(explanation)),
    ...section('Metrics', metricRows(explanation)),
  ].join('\n');
}

function tierText({ tier, tierEnteredAt, total }: Shown): string {
  if (tier === null || total === null) return 'no tier: no purchase so far';
  const since = tierEnteredAt === null ? '' : ` since ${instantText(tierEnteredAt)}`;
  return `tier ${tier.name}${since}, ${pointsText(total)} of 100 points now`;
}

type Row = readonly string[];

function transitionRows(transitions: readonly ShownTransition[]): readonly Row[] {
  const rows = transitions.slice(-shownTransitions).map((value) => {
    const { effectiveAt, direction, previousTier, currentTier, scoreBefore, scoreAfter, factors } = value;
    const moved = [...factors].sort((left, right) => Math.abs(right.contribution) - Math.abs(left.contribution))[0];
    const most = moved === undefined ? '' : `most by ${moved.name} ${signed(moved.contribution)}`;
    const tiers = `${previousTier?.name ?? 'none'} → ${currentTier?.name ?? 'none'}`;
    return [instantText(effectiveAt), direction, tiers, `${pointsText(scoreBefore)} → ${pointsText(scoreAfter)}`, most];
  });
  const left = transitions.length - rows.length;
  return left > 0 ? [[`${left} earlier`], ...rows] : rows;
}

function comingRows(coming: readonly ComingChange[]): readonly Row[] {
  if (coming.length === 0) return [['nothing changes']];
  return coming.map(({ at, what, kind, from, to }) => {
    const change = from === null && to === null ? '' : `${from ?? 'none'} → ${to ?? 'none'}`;
    return [instantText(at), what, kind, from === to ? (to ?? '') : change];
  });
}

function factorRows({ factors, total, currency }: Shown): readonly Row[] {
  if (total === null) return [];
  return [
    ['factor', 'value', 'points', 'of', 'still to win'],
    ...factors.map((factor) => [
      factor.name,
      factor.assumed
        ? `${valueText({ ...factor, value: factor.prior }, currency)} (assumed)`
        : valueText(factor, currency),
      pointsText(factor.points),
      pointsText(factor.weight),
      pointsText(factor.pointsMax - factor.points),
    ]),
    ['total', '', pointsText(total), pointsText(10_000), ''],
  ];
}

function lineRows({ thresholds, toRemain, toNext }: Shown): readonly Row[] {
  const rows = thresholds.map(({ tierId, enter, leave }) =>
    enter === null || leave === null
      ? [tierId, 'the lowest']
      : [tierId, `from ${pointsText(enter)}`, `left below ${pointsText(leave)}`],
  );
  return [...rows, ...distanceRow('to remain', toRemain), ...distanceRow('to rise to', toNext)];
}

function distanceRow(what: string, distance: LineDistance | null): readonly Row[] {
  if (distance === null) return [];
  const { tier, pointsMissing } = distance;
  const points = pointsText(Math.abs(pointsMissing));
  return [[`${what} ${tier.name}`, `${points} points ${pointsMissing > 0 ? 'missing' : 'to spare'}`]];
}

function wayRows({ toRemain, toNext, factors, currency }: Shown): readonly Row[] {
  return [
    { line: 'to remain', distance: toRemain },
    { line: 'to rise to', distance: toNext },
  ].flatMap(({ line, distance }) => {
    if (distance === null) return [];
    const to = `${line} ${distance.tier.name}`;
    const actions = distance.actions.map((outcome) => [to, ...actionCells(outcome, currency)]);
    const alone = distance.perFactor.flatMap(({ name, value }) => {
      const factor = factors.find((one) => one.name === name);
      return value === null || factor === undefined
        ? []
        : [[to, name, `at ${valueText({ ...factor, value }, currency)}`]];
    });
    return [...actions, ...alone];
  });
}

function actionCells({ action, amountMinor, total, tierId }: ActionOutcome, currency: string): Row {
  const isPurchase = action === 'purchase' || action === 'new_category';
  const amount = valueText({ name: '', unit: 'minor units', value: amountMinor }, currency);
  const what =
    isPurchase && amountMinor === null ? `${action} of any amount` : `${action}${isPurchase ? ` of ${amount}` : ''}`;
  return [what, `then ${tierId ?? 'no tier'}, ${pointsText(total)}`];
}

function metricRows({ metrics, currency }: Shown): readonly Row[] {
  return metrics.map((metric) => [metric.name, valueText(metric, currency)]);
}

function section(title: string, rows: readonly Row[]): readonly string[] {
  if (rows.length === 0) return [];
  const widths = rows.reduce<readonly number[]>(
    (widest, row) =>
      row.map((cell, index) => Math.max(cell.length, widest[index] ?? 0)).concat(widest.slice(row.length)),
    [],
  );
  return [
    '',
    title,
    ...rows.map((row) => `  ${row.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join('  ')}`.trimEnd()),
  ];
}

function valueText({ unit, value }: ExplainedMetric, currency: string): string {
  if (value === null) return '–';
  switch (unit) {
    case 'minor units': {
      const digits = currencyDigits(currency);
      return `${(value / 10 ** digits).toFixed(digits)} ${currency}`;
    }
    case 'instant':
      return instantText(value);
    case 'probability':
      return value.toFixed(3);
    case 'days':
      return `${value.toFixed(1)} days`;
    default:
      return `${Number(value.toPrecision(6))} ${unit}`;
  }
}

function instantText(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16)}Z`;
}

function pointsText(hundredths: number): string {
  return (hundredths / 100).toFixed(2);
}

function signed(hundredths: number): string {
  return `${hundredths < 0 ? '' : '+'}${pointsText(hundredths)}`;
}
