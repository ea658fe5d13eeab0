// What is unpacked is what was packed, for any history and for the odd values that no history has yet.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextDueOfPacked, packState, unpackState } from '../../../src/adapters/avro/packed-state.ts';
import type { CustomerState } from '../../../src/domain/contracts.ts';
import { metrics } from '../../../src/domain/metrics.ts';
import { emptyState } from '../../../src/domain/state.ts';
import { dayMs } from '../../../src/domain/time.ts';
import { anyHistory } from '../../domain/support/any-history.ts';
import { retailModel } from '../../domain/support/retail-model.ts';
import { cdnowModel, noon, purchase, tell } from '../../domain/support/story.ts';

const packed = (state: CustomerState): Buffer => Buffer.from(packState(state));
const again = (state: CustomerState): CustomerState => unpackState(packed(state));

/** States as older layouts packed them, never to be written again. */
const frozen = JSON.parse(
  readFileSync(new URL('../../fixtures/packed-states.json', import.meta.url), 'utf8'),
) as readonly { readonly layout: number; readonly packed: string; readonly state: CustomerState }[];

describe('packState and unpackState', () => {
  it('give back the state of any history', () => {
    fc.assert(
      fc.property(anyHistory, fc.constantFrom(cdnowModel, retailModel), (history, model) => {
        const { state } = history.told(model);
        expect(again(state)).toEqual(state);
      }),
      { numRuns: 200 },
    );
  });

  it('give back a customer of 500 purchase days', () => {
    const orders = Array.from({ length: 500 }, (_, n) =>
      purchase({ occurredAt: noon(n) + n * 1_001, amountMinor: n * 37 }),
    );
    const { state } = tell(orders, retailModel);
    expect(state.older.days).toBe(436);
    expect(again(state)).toEqual(state);
  });

  const empty = emptyState('c1', noon(0));
  const day = { orders: 1, netMinor: 5, pricedMinor: 0, goodsMinor: 0, logisticsMinor: 0, promoted: 0 };
  it.each<[string, Partial<CustomerState>]>([
    ['of a customer nothing is known of', {}],
    ['with an id of many alphabets', { customerId: `Ünïcödé-客户-${'x'.repeat(200)}` }],
    ['before 1970', { firstSeenAt: -1_234_567_890_123, anchorAt: -5, evaluatedTo: 0 }],
    [
      'with sums at the edge of what numbers hold',
      {
        totals: { ...empty.totals, revenueMinor: 2 ** 53 - 1, refundsMinor: 2 ** 53 - 1, goodsMinor: 1 - 2 ** 53 },
      },
    ],
    [
      'with days decades apart, in other zones, of other counts',
      {
        days: [
          { ...day, day: 3, firstAt: 3 * dayMs - 1, orders: -2, promoted: -2, pricedMinor: 5 },
          { ...day, day: 4, firstAt: 4 * dayMs, promoted: 3, pricedMinor: 4, goodsMinor: -1, logisticsMinor: 9 },
          { ...day, day: 20_000, firstAt: 20_001 * dayMs + 5, orders: 0, netMinor: -(2 ** 51) },
        ],
      },
    ],
    ['with a ring that only counted', { surveyRing: { entries: [], evictedAt: 7, lateCounted: 300 } }],
    [
      'with hashes of either sign',
      {
        purchaseRing: {
          entries: [
            { at: 1, high: -1, low: -(2 ** 31) },
            { at: 1, high: 2 ** 31 - 1, low: 0 },
          ],
          evictedAt: null,
          lateCounted: 0,
        },
      },
    ],
    [
      'with ids that are no UUIDs, factors of another version, and a total that is no sum',
      {
        restricted: true,
        standing: {
          ...empty.standing,
          tierEventId: 'X23E4567-e89b-12d3-a456-426614174000',
          total: 17,
          factors: [
            { name: 'fromTheFuture', value: -0.5, points: 3 },
            { name: 'pBuy', value: Number.MIN_VALUE, points: 0 },
            { name: 'revenue365', value: null, points: 10_000 },
          ],
          lifecycle: { ...empty.standing.lifecycle, stage: 'won_back', previousStage: 'unknown', eventId: '' },
        },
      },
    ],
  ])('give back a state %s', (_, fields) => {
    const state = { ...empty, ...fields };
    expect(again(state)).toEqual(state);
  });

  it('give back every code, of whatever length and letters, however many there are', () => {
    const codes = Array.from({ length: 5_000 }, (_, n) => `${'ü'.repeat(n % 3)}${'x'.repeat(n % 40)}${n}`);
    const states = ['', ...codes, ...codes].map((code) => ({ ...empty, channels: [code, ''] }));
    expect(states.map(again)).toEqual(states);
  });

  it('know every metric by a number, so that the names of factors take a byte', () => {
    const none = packed(empty).length;
    const factors = (name: string): CustomerState['standing']['factors'] => [{ name, value: 1, points: 1 }];
    const spelledOut = Object.keys(metrics).filter(
      (name) =>
        packed({ ...empty, standing: { ...empty.standing, total: 1, factors: factors(name) } }).length > none + 3,
    );
    expect(spelledOut).toEqual([]);
  });

  it('refuse another layout, and bytes cut off or added', () => {
    const { state } = tell([purchase({ occurredAt: noon(0) })]);
    const bytes = packed(state);
    expect(() => unpackState(Buffer.from([9, ...bytes.subarray(1)]))).toThrow('layout 9');
    expect(() => unpackState(Buffer.concat([bytes, Buffer.alloc(1)]))).toThrow(RangeError);
    for (let length = 1; length < bytes.length; length += 1) {
      expect(() => unpackState(bytes.subarray(0, length)), `${length} bytes`).toThrow(RangeError);
    }
  });
});

describe('older layouts', () => {
  it.each(frozen)(
    'give the state they were given: layout $layout, $state.customerId',
    ({ layout, packed: hex, state }) => {
      const bytes = Buffer.from(hex, 'hex');
      expect(bytes[0]).toBe(layout);
      expect(unpackState(bytes)).toEqual(state);
      expect(nextDueOfPacked(bytes)).toBe(state.nextDue);
      expect(again(state)).toEqual(state);
    },
  );
});

describe('nextDueOfPacked', () => {
  const empty = emptyState('c1', noon(0));

  it.each([null, 0, -7, noon(0), noon(40) + 1, 8_640_000_000_000_000])('gives %s back', (nextDue) => {
    expect(nextDueOfPacked(packed({ ...empty, nextDue }))).toBe(nextDue);
    expect(again({ ...empty, nextDue }).nextDue).toBe(nextDue);
  });

  it('reads no further than the instant, so that a restore does not unpack every state', () => {
    const bytes = packed({ ...empty, nextDue: noon(40) });
    expect(nextDueOfPacked(bytes.subarray(0, 16))).toBe(noon(40));
  });

  it('refuses another layout', () => {
    expect(() => nextDueOfPacked(Buffer.from([3, 0]))).toThrow('layout 3');
    expect(() => nextDueOfPacked(Buffer.from([0, 0]))).toThrow('layout 0');
  });
});
