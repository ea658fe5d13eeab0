// What a customer's state weighs on the wire, and that nothing in it grows without end.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { packState } from '../../src/adapters/avro/packed-state.ts';
import { contractType } from '../../src/adapters/avro/types.ts';
import { bounds } from '../../src/domain/bounds.ts';
import type { CustomerState } from '../../src/domain/contracts.ts';
import type { InputEvent } from '../../src/domain/event.ts';
import type { Model } from '../../src/domain/model.ts';
import { emptyState, evolve } from '../../src/domain/state.ts';
import { retailModel } from './support/retail-model.ts';
import { cdnowModel, interaction, noon, purchase, survey, tell } from './support/story.ts';

const type = contractType('changelog');
const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;

/** Bytes of a changelog value: five of framing and the Avro record. */
function wireBytes(state: CustomerState): number {
  return 5 + type.toBuffer({ entry: { 'clientele.CustomerState': { packed: packState(state) } } }).length;
}

/** Bytes of every customer, ascending. */
function sizes(customers: Iterable<readonly InputEvent[]>, model: Model = retailModel): readonly number[] {
  return [...customers].map((events) => wireBytes(tell(events, model).state)).sort((left, right) => left - right);
}

function cdnow(): Iterable<readonly InputEvent[]> {
  const file = gunzipSync(readFileSync(new URL('../../examples/cdnow/purchases-sample.csv.gz', import.meta.url)));
  const rows = file.toString('utf8').trim().split('\n').slice(1);
  const events = rows.map((line, index) => {
    const [customerId = '', date = '', , amount = ''] = line.split(',');
    const amountMinor = Number(amount.replace('.', ''));
    return purchase({ eventId: `${index}`, customerId, occurredAt: Date.parse(`${date}T12:00:00Z`), amountMinor });
  });
  return Map.groupBy(events, ({ event }) => event.customerId).values();
}

/** Deterministic numbers from 0 to 1. */
function random(seed: number): () => number {
  let value = seed;
  return () => {
    value = (value * 48_271) % 2_147_483_647;
    return value / 2_147_483_647;
  };
}

/**
 * Households like those of Complete Journey, one year: percentiles 10, 50, 90, 99 of purchase days 3, 14, 42, 79 and of
 * categories 3, 17, 45, 71 there; up to eight campaign touches; no known costs.
 */
function households(count: number): readonly (readonly InputEvent[])[] {
  const next = random(7);
  const normal = (): number => Math.sqrt(-2 * Math.log(next())) * Math.cos(2 * Math.PI * next());
  return Array.from({ length: count }, (_, household) => {
    const days = Math.min(115, Math.max(1, Math.round(14 * Math.exp(0.85 * normal()))));
    const orders = Array.from({ length: days }, (__, day) => {
      const lines = Array.from({ length: 1 + Math.floor(next() * 3) }, () => ({
        sku: 'sku',
        category: `PRODUCT CATEGORY ${Math.floor(290 * next() ** 2)}`,
        quantity: 1,
        amountMinor: Math.ceil(900 * next()),
      }));
      const amountMinor = lines.reduce((sum, line) => sum + line.amountMinor, 0);
      const occurredAt = noon(Math.floor((365 * day) / days)) + Math.floor(next() * 3.6e6);
      const discountMinor = Math.floor(next() * 200);
      return purchase({
        eventId: `${household}-${day}`,
        customerId: `${household}`,
        occurredAt,
        amountMinor,
        discountMinor,
        lines,
      });
    });
    const touches = Array.from({ length: Math.floor(next() * 8) }, (__, touch) =>
      interaction({
        eventId: `t${touch}`,
        customerId: `${household}`,
        occurredAt: noon(touch * 40),
        kind: 'campaign_touch',
      }),
    );
    return [...orders, ...touches].sort((left, right) => left.event.occurredAt - right.event.occurredAt);
  });
}

/**
 * Bytes: the budget of a customer is 400 at the median and 2,000 at the 99th percentile. The median household of a grocer,
 * with two dozen categories and a full ring, is above it; its line says what it weighs now, so that it can only become less.
 */
const budget = {
  cdnow: { median: 400, high: 2_000 },
  household: { median: 724, high: 2_000 },
};

describe('the state on the wire', () => {
  it('is within the budget for the customers of CDNOW with the model of the demo', () => {
    const bytes = sizes(cdnow(), cdnowModel);
    expect(bytes).toHaveLength(2_357);
    expect(percentile(bytes, 0.5)).toBeLessThanOrEqual(budget.cdnow.median);
    expect(percentile(bytes, 0.99)).toBeLessThanOrEqual(budget.cdnow.high);
  });

  it('is no more than it was for households like those of Complete Journey, scored by eight factors', () => {
    const bytes = sizes(households(1_000));
    expect(percentile(bytes, 0.5)).toBeLessThanOrEqual(budget.household.median);
    expect(percentile(bytes, 0.99)).toBeLessThanOrEqual(budget.household.high);
  });
});

describe('bounds', () => {
  /** More of everything than a state holds: years of daily purchases, contacts and answers. */
  function flooded(): CustomerState {
    let state = emptyState('c1', noon(0));
    for (let n = 0; n < 1_200; n += 1) {
      const [occurredAt, eventId] = [noon(n), `e${n}`];
      const lines = [{ sku: 's', category: `category-${n % 300}`, quantity: 1, amountMinor: 1_000 + n }];
      const cost = { costMinor: 10, currency: 'USD' };
      const kinds = ['nps', 'csat', 'ces', 'review'] as const;
      for (const event of [
        purchase({ eventId, occurredAt, lines, channel: `channel-${n % 40}` }),
        interaction({ eventId, occurredAt, kind: 'campaign_touch', ...cost }),
        interaction({ eventId: `${eventId}-visit`, occurredAt, kind: 'visit' }),
        survey({ eventId, occurredAt, kind: kinds[n % 4] ?? 'nps' }),
      ]) {
        ({ state } = evolve(state, event, retailModel));
      }
    }
    return state;
  }
  const state = flooded();

  it.each(Object.entries(bounds))('hold for %s, and are reached', (_, { max, held }) => {
    expect(held(state)).toBeLessThanOrEqual(max);
    expect(held(state)).toBeGreaterThanOrEqual(max - 1);
  });

  it('name every list of the state that events lengthen', () => {
    const lists = Object.entries(state).flatMap(([name, value]) => (Array.isArray(value) ? [name] : []));
    // Names of attributes are a closed list of the model.
    expect(lists.filter((name) => name !== 'attributes').every((name) => name in bounds)).toBe(true);
  });

  it('keep the fullest customer below 6 kB', () => {
    expect(wireBytes(state)).toBeLessThan(6_000);
  });
});
