/**
 * How past churn alerts came out, as gauges summed over the tasks of a process: from a sum of each, a query makes hit rate,
 * calibration and what treatment changed, over any number of processes. What the sums mean is domain/scoreboard.ts.
 */
import { Gauge, type Registry } from 'prom-client';
import type { Scoreboard, ScoreboardCell } from '../../domain/contracts.ts';

/** The arms that are written. */
const arms = ['treated', 'untreated', 'control'] as const;

/** Keeps the scoreboard of every task of the process. */
export class Scores {
  private readonly gauges: readonly { readonly gauge: Gauge; readonly of: (cell: ScoreboardCell) => number }[];
  private readonly boards = new Map<number, Scoreboard>();
  private readonly bands: readonly string[];

  /** `bands` = those an alert may open in. */
  constructor(registry: Registry, bands: readonly string[]) {
    this.bands = bands;
    const of = (name: string, help: string, value: (cell: ScoreboardCell) => number) => ({
      gauge: new Gauge({
        name: `clientele_churn_scored_${name}`,
        help,
        labelNames: ['band', 'arm'],
        registers: [registry],
      }),
      of: value,
    });
    this.gauges = [
      of('alerts', 'Alerts whose horizon has ended.', ({ alerts }) => alerts),
      of('returned', 'Of these, customers who came back within it.', ({ returned }) => returned),
      of('expected_losses', 'Of these, sum of the risks at opening: losses expected.', ({ riskSum }) => riskSum),
      of('squared_errors', 'Of these, sum of the squared errors of the probability.', ({ brierSum }) => brierSum),
      of('margin_minor', 'Of these, margin within the horizon, minor units.', ({ marginMinor }) => marginMinor),
    ];
    this.expose();
  }

  /** The task's scoreboard is this now; null = the task has left, or has scored nothing. */
  set(partition: number, board: Scoreboard | null): void {
    if (board === null) this.boards.delete(partition);
    else this.boards.set(partition, board);
    this.expose();
  }

  private expose(): void {
    const cells = [...this.boards.values()].flatMap((board) => board.cells);
    for (const { gauge, of } of this.gauges) {
      for (const band of this.bands) {
        for (const arm of arms) {
          const mine = cells.filter((cell) => cell.band === band && cell.arm === arm);
          gauge.set(
            { band, arm },
            mine.reduce((sum, cell) => sum + of(cell), 0),
          );
        }
      }
    }
  }
}
