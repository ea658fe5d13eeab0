// What silence does: between two step instants every metric keeps the direction it declares, on a fine grid.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isMetricName, metrics } from '../../src/domain/metrics.ts';
import type { Metric } from '../../src/domain/metrics.ts';
import type { Model } from '../../src/domain/model.ts';
import { momentOf } from '../../src/domain/moment.ts';
import { stepInstants } from '../../src/domain/step-instants.ts';
import { dayMs } from '../../src/domain/time.ts';
import { anyHistory, roomy } from './support/any-history.ts';
import { retailModel } from './support/retail-model.ts';

const names = Object.keys(metrics).filter(isMetricName);
const model: Model = roomy(retailModel);
/** Two ways to the same double may differ in its last digits. */
const slack = 1e-9;

function keeps({ inSilence }: Metric, before: number | null, after: number | null): boolean {
  if (before === null || after === null) return before === after || inSilence === 'mixed';
  const tolerance = slack * Math.max(1, Math.abs(before));
  switch (inSilence) {
    case 'constant':
      return before === after;
    case 'falling':
      return after <= before + tolerance;
    case 'rising':
      return after >= before - tolerance;
    case 'mixed':
      return true;
  }
}

describe('stepInstants', () => {
  it('separate the stretches on which every metric moves as it declares', () => {
    fc.assert(
      fc.property(anyHistory, (history) => {
        const state = history.told(model).state;
        const start = state.evaluatedTo;
        const steps = stepInstants(state, model, start);
        expect(steps).toEqual([...new Set(steps)].sort((left, right) => left - right));
        const grid = Array.from({ length: 120 }, (_, index) => start + index * 9 * dayMs);
        const instants = [...grid, ...steps, ...steps.map((at) => at - 1)].sort((left, right) => left - right);
        instants.forEach((at, index) => {
          const from = instants[index - 1];
          if (from === undefined || from < start || steps.some((step) => from < step && step <= at)) return;
          const [before, after] = [momentOf(state, from), momentOf(state, at)];
          for (const name of names) {
            const values = [metrics[name].valueOf(before, model), metrics[name].valueOf(after, model)] as const;
            if (!keeps(metrics[name], ...values)) throw new Error(`${name} ${values.join(' to ')}, ${from} to ${at}`);
          }
        });
      }),
      { numRuns: 25 },
    );
  });
});
