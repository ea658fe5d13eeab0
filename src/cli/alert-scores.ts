/** How past alerts came out, for people and programs: calibration by band, and what treatment changed. Pure. */
import type { AlertArm, Scoreboard } from '../domain/contracts.ts';
import { accuracy, compare, summed, type Accuracy, type Comparison, type Difference } from '../domain/scoreboard.ts';

const bands = ['watch', 'alert', 'critical'] as const;
const arms = ['treated', 'untreated', 'control'] as const;
const comparisons = [
  ['treated', 'control'],
  ['treated', 'untreated'],
  ['untreated', 'control'],
] as const satisfies readonly (readonly [AlertArm, AlertArm])[];

/** What the sums say; shares 0 to 1, money in minor units per alert. */
export interface Scores {
  readonly calibration: readonly (Accuracy & { readonly band: string })[];
  readonly arms: readonly { readonly arm: string; readonly alerts: number; readonly returned: number }[];
  readonly comparisons: readonly (Comparison & { readonly arm: string; readonly against: string })[];
}

/** Reads the scoreboards of all tasks as one. */
export function scoresOf(boards: readonly Scoreboard[]): Scores {
  const board = { cells: boards.flatMap(({ cells }) => cells) };
  return {
    calibration: bands.map((band) => ({ band, ...accuracy(board, band) })),
    arms: arms.map((arm) => {
      const { alerts, returned } = summed(board.cells.filter((cell) => cell.arm === arm));
      return { arm, alerts, returned };
    }),
    comparisons: comparisons.map(([arm, against]) => ({ arm, against, ...compare(board, arm, against) })),
  };
}

/** The scores as text. */
export function scoresText({ calibration, arms: groups, comparisons: pairs }: Scores): string {
  const total = groups.reduce((sum, { alerts }) => sum + alerts, 0);
  if (total === 0) return 'No alert is scored yet: each is when its horizon has ended.';
  const percent = (share: number | null): string => (share === null ? '-' : `${(100 * share).toFixed(1)} %`);
  const lines = [
    `${total} alerts whose horizon has ended`,
    '',
    'Calibration, on alerts nobody acted on',
    row(['band', 'alerts', 'lost', 'expected', 'Brier']),
    ...calibration.map(({ band, alerts, hitRate, expected, brier }) =>
      row([band, String(alerts), percent(hitRate), percent(expected), brier === null ? '-' : brier.toFixed(4)]),
    ),
    '',
    'Treated (a campaign touch within 14 days), left alone, and control',
    row(['group', 'alerts', 'came back', 'share']),
    ...groups.map(({ arm, alerts, returned }) =>
      row([arm, String(alerts), String(returned), percent(alerts === 0 ? null : returned / alerts)]),
    ),
    '',
    'Differences, with 95 % intervals',
    row(['', '', 'share that came back', '', 'margin per alert, minor units']),
    ...pairs.map(({ arm, against, returned, marginMinor }) =>
      row([`${arm} - ${against}`, '', interval(returned, 100, ' %'), '', interval(marginMinor, 1, '')]),
    ),
  ];
  return lines.join('\n');
}

function interval(found: Difference | null, factor: number, unit: string): string {
  if (found === null) return 'too few';
  const [difference, low, high] = [found.difference, found.low, found.high].map((value) => (value * factor).toFixed(1));
  return `${difference}${unit} (${low} to ${high})`;
}

function row(cells: readonly string[]): string {
  return `  ${cells.map((cell, index) => cell.padEnd(index === 0 ? 20 : 10)).join('  ')}`.trimEnd();
}
