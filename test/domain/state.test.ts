// The state of one customer: what events make of it, in any order.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CustomerState } from '../../src/domain/contracts.ts';
import type { InputEvent } from '../../src/domain/event.ts';
import { metrics } from '../../src/domain/metrics.ts';
import type { Model } from '../../src/domain/model.ts';
import { momentOf } from '../../src/domain/moment.ts';
import { emptyState, evolve } from '../../src/domain/state.ts';
import { dayMs } from '../../src/domain/time.ts';
import { cdnowModel, interaction, noon, purchase, survey, tell } from './support/story.ts';

/** Every metric at one instant, and what the state counts. */
function known(state: CustomerState, asOf: number): unknown {
  const moment = momentOf(state, asOf);
  const values = Object.entries(metrics).map(([name, { valueOf }]) => [name, valueOf(moment, cdnowModel)]);
  return {
    ...Object.fromEntries(values),
    totals: state.totals,
    interactions: state.interactions,
    surveys: state.surveys,
  };
}

const asOf = noon(2_000);

describe('evolve', () => {
  it('takes a refund back on the day of its order, so a full refund returns the money to exactly zero', () => {
    const { state } = tell([
      purchase({ occurredAt: noon(0), amountMinor: 1_999 }),
      purchase({ occurredAt: noon(40), orderedAt: noon(0), kind: 'refund', amountMinor: 1_999 }),
    ]);
    expect(state.days).toMatchObject([{ day: noon(0) / dayMs - 0.5, orders: 1, netMinor: 0, firstAt: noon(0) }]);
    expect(state.totals).toMatchObject({ revenueMinor: 1_999, refundsMinor: 1_999, unplacedCount: 0 });
  });

  it('removes the occasion of a cancelled order, and not the day of a second order', () => {
    const cancelled = purchase({ occurredAt: noon(3), orderedAt: noon(2), kind: 'cancellation', amountMinor: 500 });
    const orders = [purchase({ occurredAt: noon(0) }), purchase({ occurredAt: noon(2), amountMinor: 500 })];
    const second = purchase({ eventId: 'second', occurredAt: noon(2) + 1, amountMinor: 700 });
    expect(momentOf(tell([...orders, cancelled]).state, noon(3)).occasions).toMatchObject({
      count: 1,
      lastAt: noon(0),
    });
    expect(momentOf(tell([...orders, second, cancelled]).state, noon(3)).occasions).toMatchObject({ count: 2 });
  });

  it('changes only the totals for a refund without a known day, and counts it', () => {
    const { state } = tell([
      purchase({ occurredAt: noon(0), amountMinor: 1_000 }),
      purchase({ occurredAt: noon(5), orderedAt: null, kind: 'refund', amountMinor: 300 }),
    ]);
    expect(state.totals).toMatchObject({ revenueMinor: 1_000, refundsMinor: 300, unplacedCount: 1 });
    expect(metrics.revenue365.valueOf(momentOf(state, noon(5)), cdnowModel)).toBe(1_000);
  });

  it('makes a late, earlier order the first purchase', () => {
    const { state } = tell([
      purchase({ occurredAt: noon(20), amountMinor: 700 }),
      purchase({ occurredAt: noon(10), amountMinor: 300 }),
    ]);
    const { occasions } = momentOf(state, noon(20));
    expect(occasions).toEqual({ count: 2, firstAt: noon(10), lastAt: noon(20), firstDayNetMinor: 300 });
    expect(state.firstSeenAt).toBe(noon(10));
    expect(state.evaluatedTo).toBe(noon(20));
  });

  it('counts one occasion per business day of the zone, not of UTC', () => {
    const shanghai: Model = { ...cdnowModel, zone: 'Asia/Shanghai' };
    // 23:00 and 01:00 in Shanghai: two days there, one in UTC.
    const events = ['2024-01-01T15:00:00Z', '2024-01-01T17:00:00Z'].map((text) =>
      purchase({ occurredAt: Date.parse(text) }),
    );
    expect(tell(events, shanghai).state.days).toHaveLength(2);
    expect(tell(events).state.days).toHaveLength(1);
  });

  it('converts once, at the rate of the model, half to even', () => {
    const rate = { text: '1.085', numerator: 1_085, denominator: 1_000, fromAt: 0 };
    const model: Model = { ...cdnowModel, rates: { EUR: [rate] } };
    const euro = { currency: 'EUR', amountMinor: 1_100 };
    const { state } = tell(
      [
        purchase({ occurredAt: noon(0), ...euro }),
        purchase({ occurredAt: noon(1), orderedAt: noon(0), kind: 'refund', ...euro }),
      ],
      model,
    );
    // 1,100 x 1.085 = 1,193.5: to the even neighbour.
    expect(state.totals).toMatchObject({ revenueMinor: 1_194, refundsMinor: 1_194 });
    expect(state.days[0]?.netMinor).toBe(0);
  });

  it('knows a customer of interactions and surveys alone, without a purchase', () => {
    const { state, transitions } = tell([interaction({ occurredAt: noon(1) }), survey({ occurredAt: noon(3) })]);
    expect(state).toMatchObject({
      interactions: { count: 1, lastAt: noon(1) },
      surveys: { count: 1, lastAt: noon(3) },
    });
    expect(state.evaluatedTo).toBe(noon(3));
    expect(momentOf(state, noon(3)).occasions).toBeNull();
    expect(transitions).toEqual([]);
  });

  it('returns the very same state for a duplicate of any input', () => {
    for (const event of [
      purchase({ occurredAt: noon(0) }),
      interaction({ occurredAt: noon(0) }),
      survey({ occurredAt: noon(0) }),
    ]) {
      const { state } = evolve(emptyState('c1', noon(0)), event, cdnowModel);
      expect(evolve(state, event, cdnowModel)).toEqual({ outcome: 'duplicate', state });
      expect(evolve(state, event, cdnowModel).state).toBe(state);
    }
  });

  it('only counts an event as old as one the ring let go: no money moves', () => {
    const model: Model = { ...cdnowModel, rings: { ...cdnowModel.rings, purchases: 2 } };
    const events = [0, 1, 2].map((n) => purchase({ occurredAt: noon(n) }));
    const { state } = tell(events, model);
    const late = evolve(state, purchase({ eventId: 'late', occurredAt: noon(0) }), model);
    expect(late.outcome).toBe('late_counted');
    expect(late.state).toEqual({ ...state, purchaseRing: { ...state.purchaseRing, lateCounted: 1 } });
  });
});

/** The demo's model, forgetting nobody who never bought: whom it forgets depends on the order of what is told. */
const mindful: Model = { ...cdnowModel, lifecycle: { ...cdnowModel.lifecycle, potentialTtlDays: 36_500 } };
/** A history of orders, refunds, cancellations, interactions and surveys that fits the rings of `roomy`. */
const roomy: Model = { ...mindful, rings: { purchases: 256, interactions: 256, surveys: 256, credits: 0 } };
const history = fc
  .array(
    fc.record({
      n: fc.integer({ min: 0, max: 700 }),
      hour: fc.integer({ min: 0, max: 23 }),
      amountMinor: fc.integer({ min: 0, max: 50_000 }),
      fate: fc.constantFrom('kept', 'refunded', 'cancelled', 'unplaceable', 'visit', 'survey'),
      delay: fc.integer({ min: 0, max: 60 }),
    }),
    { minLength: 1, maxLength: 50 },
  )
  .map((rows) => rows.flatMap((row, index) => eventsOf(row, index)));

function eventsOf(
  row: { n: number; hour: number; amountMinor: number; fate: string; delay: number },
  index: number,
): readonly InputEvent[] {
  const orderedAt = noon(row.n) + row.hour * 1_800_000;
  const eventId = `e${index}`;
  const occurredAt = orderedAt + row.delay * dayMs;
  const order = purchase({ eventId, occurredAt: orderedAt, amountMinor: row.amountMinor });
  const back = { eventId: `${eventId}-back`, occurredAt, amountMinor: row.amountMinor };
  switch (row.fate) {
    case 'refunded':
      return [order, purchase({ ...back, kind: 'refund', orderedAt })];
    case 'cancelled':
      return [order, purchase({ ...back, kind: 'cancellation', orderedAt })];
    case 'unplaceable':
      return [order, purchase({ ...back, kind: 'refund', orderedAt: null })];
    case 'visit':
      return [interaction({ eventId, occurredAt: orderedAt })];
    case 'survey':
      return [survey({ eventId, occurredAt: orderedAt })];
    default:
      return [order];
  }
}

describe('a history told in any order', () => {
  it('ends in the same metrics, above what the rings let go', () => {
    const shuffled = history.chain((events) =>
      fc.tuple(fc.constant(events), fc.shuffledSubarray([...events], { minLength: events.length })),
    );
    fc.assert(
      fc.property(shuffled, ([events, other]) => {
        expect(known(tell(other, roomy).state, asOf)).toEqual(known(tell(events, roomy).state, asOf));
      }),
    );
  });

  it('ends in the same state when any of it is told twice', () => {
    const repeated = history.chain((events) => fc.tuple(fc.constant(events), fc.subarray([...events])));
    fc.assert(
      fc.property(repeated, ([events, again]) => {
        const once = tell(events, roomy);
        const twice = tell([...events, ...again], roomy);
        expect(twice.state).toEqual(once.state);
        expect(twice.outcomes.slice(events.length).every((outcome) => outcome === 'duplicate')).toBe(true);
      }),
    );
  });

  it('returns every money metric to zero when everything is cancelled', () => {
    fc.assert(
      fc.property(history, (events) => {
        const cancellations = events.flatMap(({ input, event }) =>
          input === 'purchases' && event.kind === 'order'
            ? [
                purchase({
                  ...event,
                  eventId: `${event.eventId}-undo`,
                  kind: 'cancellation',
                  orderedAt: event.occurredAt,
                }),
              ]
            : [],
        );
        const orders = events.filter(({ input, event }) => input === 'purchases' && event.kind === 'order');
        if (orders.length === 0) return;
        const { state } = tell([...orders, ...cancellations], roomy);
        const moment = momentOf(state, state.evaluatedTo);
        expect(moment.window).toEqual({ netMinor: 0, days: 0 });
        expect(moment.occasions).toBeNull();
        expect(state.totals.revenueMinor).toBe(state.totals.refundsMinor);
        expect(state.standing).toMatchObject({ tierId: null, total: 0, factors: [] });
      }),
    );
  });

  it('loses nothing to the small rings of the demo when it comes in order, twice in a row', () => {
    fc.assert(
      fc.property(history, (events) => {
        const inOrder = events.toSorted((left, right) => left.event.occurredAt - right.event.occurredAt);
        const crowded = Object.values(Object.groupBy(events, ({ input, event }) => `${input} ${event.occurredAt}`));
        if (crowded.some((group) => (group?.length ?? 0) > 4)) return;
        const once = tell(inOrder, mindful);
        const twice = tell([...inOrder, ...inOrder], mindful);
        expect(once.outcomes.every((outcome) => outcome === 'applied')).toBe(true);
        expect(known(twice.state, asOf)).toEqual(known(once.state, asOf));
      }),
    );
  });
});
