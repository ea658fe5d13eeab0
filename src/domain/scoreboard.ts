/**
 * How past alerts came out: sums by band and by what was done, to which every alert is added once, when its horizon has ended;
 * and what is read from the sums. It decides nothing.
 */
import type { AlertArm, ChurnBand, Scoreboard, ScoreboardCell, UnscoredAlert } from './contracts.ts';

/** No alert scored yet. */
export const noScores: Scoreboard = { cells: [] };

/** What was done about an alert; a control that was touched all the same stays control, so that the groups stay as drawn. */
function armOf({ control, isTreated }: UnscoredAlert): AlertArm {
  if (control) return 'control';
  return isTreated ? 'treated' : 'untreated';
}

/** Adds alerts whose horizon has ended. The order does not matter but for the last digits of the sums of squares. */
export function withScores(board: Scoreboard, alerts: readonly UnscoredAlert[]): Scoreboard {
  return alerts.reduce((sums, alert) => {
    const arm = armOf(alert);
    const index = sums.cells.findIndex((cell) => cell.band === alert.band && cell.arm === arm);
    const cell = sums.cells[index] ?? { ...noCell, band: alert.band, arm };
    const cells = index < 0 ? [...sums.cells, added(cell, alert)] : sums.cells.with(index, added(cell, alert));
    return { cells };
  }, board);
}

const noCell = { alerts: 0, returned: 0, riskSum: 0, brierSum: 0, marginMinor: 0, marginSquaredSum: 0 } as const;

function added(cell: ScoreboardCell, { probability, hasReturned, marginMinor }: UnscoredAlert): ScoreboardCell {
  return {
    ...cell,
    alerts: cell.alerts + 1,
    returned: cell.returned + (hasReturned ? 1 : 0),
    riskSum: cell.riskSum + (1 - probability),
    brierSum: cell.brierSum + (probability - (hasReturned ? 1 : 0)) ** 2,
    marginMinor: cell.marginMinor + marginMinor,
    marginSquaredSum: cell.marginSquaredSum + marginMinor ** 2,
  };
}

/** How right alerts were that nobody acted on; shares are null without alerts. */
export interface Accuracy {
  readonly alerts: number;
  /** Share that did not come back within the horizon. */
  readonly hitRate: number | null;
  /** Share of which that was expected. */
  readonly expected: number | null;
  /** Mean squared error of the probability. */
  readonly brier: number | null;
}

/** Accuracy of a band on control and untreated alerts: acting on an alert would spoil its forecast. */
export function accuracy({ cells }: Scoreboard, band: ChurnBand): Accuracy {
  const sums = summed(cells.filter((cell) => cell.band === band && cell.arm !== 'treated'));
  const share = (sum: number): number | null => (sums.alerts > 0 ? sum / sums.alerts : null);
  return {
    alerts: sums.alerts,
    hitRate: share(sums.alerts - sums.returned),
    expected: share(sums.riskSum),
    brier: share(sums.brierSum),
  };
}

/** A difference of two means and its 95 % interval; null where a side has too few alerts to tell. */
export interface Difference {
  readonly difference: number;
  readonly low: number;
  readonly high: number;
}

/** What one arm has over another: in the share that came back, and in margin per alert, minor units. */
export interface Comparison {
  readonly returned: Difference | null;
  readonly marginMinor: Difference | null;
}

/** Compares two arms over all bands. */
export function compare({ cells }: Scoreboard, arm: AlertArm, other: AlertArm): Comparison {
  const [left, right] = [arm, other].map((name) => summed(cells.filter((cell) => cell.arm === name)));
  if (left === undefined || right === undefined || left.alerts < 2 || right.alerts < 2) {
    return { returned: null, marginMinor: null };
  }
  return {
    returned: difference(returnedOf(left), returnedOf(right)),
    marginMinor: difference(marginOf(left), marginOf(right)),
  };
}

/** What a cell sums. */
export type Sums = Omit<ScoreboardCell, 'band' | 'arm'>;

/** Sums of several cells, whatever their band and arm. */
export function summed(cells: readonly ScoreboardCell[]): Sums {
  return cells.reduce<Sums>(
    (sum, cell) => ({
      alerts: sum.alerts + cell.alerts,
      returned: sum.returned + cell.returned,
      riskSum: sum.riskSum + cell.riskSum,
      brierSum: sum.brierSum + cell.brierSum,
      marginMinor: sum.marginMinor + cell.marginMinor,
      marginSquaredSum: sum.marginSquaredSum + cell.marginSquaredSum,
    }),
    noCell,
  );
}

/** A mean and the variance of that mean. */
interface Mean {
  readonly mean: number;
  readonly variance: number;
}

/** Agresti & Caffo 2000: one imagined return and one imagined loss a side keep the interval honest near 0 and 1. */
function returnedOf({ alerts, returned }: Sums): Mean {
  const mean = (returned + 1) / (alerts + 2);
  return { mean, variance: (mean * (1 - mean)) / (alerts + 2) };
}

function marginOf({ alerts, marginMinor, marginSquaredSum }: Sums): Mean {
  const mean = marginMinor / alerts;
  const variance = Math.max(0, marginSquaredSum - alerts * mean ** 2) / (alerts - 1) / alerts;
  return { mean, variance };
}

/** The normal quantile of 97.5 %. */
const z = 1.959963984540054;

function difference(left: Mean, right: Mean): Difference {
  const between = left.mean - right.mean;
  const reach = z * Math.sqrt(left.variance + right.variance);
  return { difference: between, low: between - reach, high: between + reach };
}
