// What holds for any history and any model: the sums, the order, the repetition, the batch, the way back to nothing.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { InputEvent } from '../../src/domain/event.ts';
import { isMetricName, metrics } from '../../src/domain/metrics.ts';
import type { MetricName } from '../../src/domain/metrics.ts';
import type { Factor, Model } from '../../src/domain/model.ts';
import { momentOf } from '../../src/domain/moment.ts';
import { step } from '../../src/domain/step.ts';
import { tickUntil } from '../../src/domain/tick.ts';
import { dayMs } from '../../src/domain/time.ts';
import { anyHistory, roomy } from './support/any-history.ts';
import { batchMetrics } from './support/batch-customer.ts';
import { retailModel } from './support/retail-model.ts';
import { purchase, tell } from './support/story.ts';

const names = Object.keys(metrics).filter(isMetricName);
const winBack = { intercept: -2, lnWeeksSinceLapse: -0.5, lnNetMinor: 0.1, lnRepeatDays: 0.3 };
const model: Model = roomy({ ...retailModel, winBack });

type Values = Partial<Record<MetricName, number | null>>;

/** The metrics at `asOf`, after what the silence until then has done. */
function valuesOf(events: readonly InputEvent[], asOf: number): Values {
  const { state } = tickUntil(tell(events, model).state, asOf, model, { backfillRunId: null });
  if (state === null) throw new Error('nobody is forgotten here');
  const moment = momentOf(state, asOf);
  return Object.fromEntries(names.map((name) => [name, metrics[name].valueOf(moment, model)]));
}

const endOf = (events: readonly InputEvent[]): number => Math.max(...events.map(({ event }) => event.occurredAt));

function expectClose(actual: Values, expected: Values): void {
  for (const name of names) {
    const [one, other] = [actual[name] ?? null, expected[name] ?? null];
    const isSame =
      one === null || other === null ? one === other : Math.abs(one - other) <= 1e-9 * Math.max(1, Math.abs(other));
    if (!isSame) throw new Error(`${name} is ${one ?? 'null'}, expected ${other ?? 'null'}`);
  }
}

describe('the metrics of any history', () => {
  const silence = fc.oneof(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 900 }));

  it('equal a batch computation from the whole list of events', () => {
    fc.assert(
      fc.property(anyHistory, silence, ({ events }, days) => {
        const asOf = endOf(events) + days * dayMs;
        expectClose(valuesOf(events, asOf), batchMetrics(events, asOf, model));
      }),
      { numRuns: 300 },
    );
  });

  it('are the same in whatever order it comes after its first event', () => {
    const shuffled = anyHistory.chain(({ events }) => {
      const [first, ...rest] = events;
      return fc.tuple(
        fc.constant(events),
        fc
          .shuffledSubarray(rest, { minLength: rest.length })
          .map((other) => (first === undefined ? other : [first, ...other])),
      );
    });
    fc.assert(
      fc.property(shuffled, silence, ([events, other], days) => {
        const asOf = endOf(events) + days * dayMs;
        // Since when a customer is lost is what was told, and that hangs on what was known by then.
        expectClose({ ...valuesOf(other, asOf), winBack: null }, { ...valuesOf(events, asOf), winBack: null });
      }),
    );
  });

  it('are the same when any of it comes twice, and nothing more is told', () => {
    const repeated = anyHistory.chain(({ events }) => fc.tuple(fc.constant(events), fc.subarray([...events])));
    fc.assert(
      fc.property(repeated, ([events, again]) => {
        const once = tell(events, model);
        const twice = tell([...events, ...again], model);
        expect(twice.state).toEqual(once.state);
        expect([twice.transitions.length, twice.stages.length]).toEqual([once.transitions.length, once.stages.length]);
      }),
    );
  });

  it('that are money return to zero when every order is cancelled', () => {
    fc.assert(
      fc.property(anyHistory, ({ events }) => {
        const orders = events.flatMap(({ input, event }) =>
          input === 'purchases' && event.kind === 'order' ? [event] : [],
        );
        if (orders.length === 0) return;
        const undone = orders.flatMap((order) => [
          purchase(order),
          purchase({ ...order, eventId: `${order.eventId}-undo`, kind: 'cancellation', orderedAt: order.occurredAt }),
        ]);
        const values = valuesOf(undone, endOf(undone));
        for (const name of names) {
          if (metrics[name].unit === 'minor units') expect([name, values[name] ?? 0]).toEqual([name, 0]);
        }
        expect([values.categories ?? 0, values.recencyDays]).toEqual([0, null]);
      }),
    );
  });
});

describe('the transitions of any history and any model', () => {
  const factorOf = (name: MetricName, weight: number, ends: readonly [number, number], isFalling: boolean): Factor => ({
    name,
    weight,
    prior: ends[0],
    anchors: [
      [ends[0], isFalling ? 1 : 0],
      [ends[0] + Math.abs(ends[1]) + 1, isFalling ? 0 : 1],
    ],
  });
  const end = fc.integer({ min: -1_000, max: 100_000 });
  const anyModel = fc
    .uniqueArray(
      fc.record({
        name: fc.constantFrom(...names),
        cut: fc.integer({ min: 1, max: 999 }),
        ends: fc.tuple(end, end),
        isFalling: fc.boolean(),
      }),
      { minLength: 1, maxLength: 9, selector: ({ name }) => name },
    )
    .map((parts): Model => {
      const whole = parts.reduce((sum, { cut }) => sum + cut, 0);
      let left = 10_000;
      const factors = parts.map(({ name, cut, ends, isFalling }, index) => {
        const weight = index === parts.length - 1 ? left : Math.floor((10_000 * cut) / whole);
        left -= weight;
        return factorOf(name, weight, ends, isFalling);
      });
      return { ...model, factors };
    });

  it('add up: points to the total, contributions to the change, nothing for what did not change', () => {
    fc.assert(
      fc.property(anyHistory, anyModel, ({ events }, random) => {
        let state: Parameters<typeof step>[0];
        let total = 0;
        for (const event of events) {
          const result = step(state, event, random, { backfillRunId: null });
          state = result.state;
          for (const { topic, value } of result.transitions) {
            if (topic !== 'tierChanged') continue;
            expect(value.scoreBefore).toBe(total);
            const contributed = value.factors.reduce((sum, { contribution }) => sum + contribution, 0);
            expect(contributed).toBe(value.scoreAfter - value.scoreBefore);
            // Into and out of having a tier at all, every factor comes or goes with its prior.
            const isBetweenTiers = value.previousTier !== null && value.currentTier !== null;
            for (const { before, after, contribution } of isBetweenTiers ? value.factors : []) {
              if (before === after) expect(contribution).toBe(0);
            }
            total = value.scoreAfter;
            const points = state.standing.factors.reduce((sum, factor) => sum + factor.points, 0);
            expect(points).toBe(state.standing.total);
            expect(value.toNext?.perFactor.length ?? random.factors.length).toBe(random.factors.length);
          }
        }
      }),
      { numRuns: 100 },
    );
  });
});
