// Which reason an event is refused for, and that it is the first that applies.
import { describe, expect, it } from 'vitest';
import type { InputEvent } from '../../src/domain/event.ts';
import type { Model } from '../../src/domain/model.ts';
import { reasonCodes } from '../../src/domain/outcome.ts';
import { validate } from '../../src/domain/validate.ts';
import { cdnowModel, interaction, noon, purchase, survey } from './support/story.ts';

const model: Model = {
  ...cdnowModel,
  rates: {
    EUR: [{ text: '1.1', numerator: 11, denominator: 10, fromAt: 0 }],
    GBP: [{ text: '1.3', numerator: 13, denominator: 10, fromAt: noon(0) }],
  },
  attributes: { region: ['north', 'south'] },
};
const occurredAt = noon(0);
const context = { key: 'c1', brokerTimestampMs: occurredAt };
const long = 'x'.repeat(257);
const line = { sku: 'a', category: null, quantity: 1, amountMinor: 5 };
const attribute = (name: string, value: string): InputEvent =>
  interaction({ occurredAt, kind: 'attributes_changed', attributes: [{ name, value }] });

const accepted: readonly (readonly [string, InputEvent])[] = [
  ['an order', purchase({ occurredAt })],
  ['an order of nothing', purchase({ occurredAt, amountMinor: 0 })],
  ['an order in a currency with a rate', purchase({ occurredAt, currency: 'EUR', lines: [line] })],
  ['a refund whose order is not known', purchase({ occurredAt, kind: 'refund' })],
  ['a refund at the instant of its order', purchase({ occurredAt, kind: 'refund', orderedAt: occurredAt })],
  ['an order within the tolerance ahead', purchase({ occurredAt: occurredAt + 300_000 })],
  ['an order from the first rate on', purchase({ occurredAt, currency: 'GBP' })],
  ['a review on the end of the scale of the model', interaction({ occurredAt, kind: 'review', rating: 5 })],
  ['a rating of anything else', interaction({ occurredAt, kind: 'visit', rating: 60 })],
  ['an interaction with a cost', interaction({ occurredAt, costMinor: 5, currency: 'USD' })],
  ['a listed attribute', attribute('region', 'north')],
  ['an answer on the end of its scale', survey({ occurredAt, score: 10 })],
];

const refused: readonly (readonly [string, InputEvent, string])[] = [
  ['a long id', purchase({ occurredAt, eventId: long }), 'limit_exceeded'],
  ['a long category', purchase({ occurredAt, lines: [{ ...line, category: long }] }), 'limit_exceeded'],
  ['too many lines', purchase({ occurredAt, lines: Array.from({ length: 1_001 }, () => line) }), 'limit_exceeded'],
  ['an amount no order has', purchase({ occurredAt, amountMinor: 1e12 + 1 }), 'limit_exceeded'],
  [
    'an amount too large once converted',
    purchase({ occurredAt, currency: 'EUR', amountMinor: 1e12 }),
    'limit_exceeded',
  ],
  ['a line no order has', purchase({ occurredAt, lines: [{ ...line, amountMinor: 1e12 + 1 }] }), 'limit_exceeded'],
  [
    'lines too large together',
    purchase({
      occurredAt,
      lines: [
        { ...line, amountMinor: 6e11 },
        { ...line, amountMinor: -6e11 },
      ],
    }),
    'limit_exceeded',
  ],
  [
    'a line too large once converted',
    purchase({ occurredAt, currency: 'EUR', lines: [{ ...line, amountMinor: 1e12 }] }),
    'limit_exceeded',
  ],
  ['another key', purchase({ occurredAt, customerId: 'c2' }), 'key_mismatch'],
  ['no event id', purchase({ occurredAt, eventId: '' }), 'invalid_field'],
  ['an instant before 1970', purchase({ occurredAt: -1 }), 'invalid_field'],
  ['a broken amount', purchase({ occurredAt, amountMinor: 0.5 }), 'invalid_field'],
  ['a kind of a newer version', purchase({ occurredAt, kind: 'unknown' }), 'invalid_field'],
  ['a refund before its order', purchase({ occurredAt, kind: 'refund', orderedAt: occurredAt + 1 }), 'invalid_field'],
  ['a line of no pieces', purchase({ occurredAt, lines: [{ ...line, quantity: 0 }] }), 'invalid_field'],
  ['a cost without a currency', interaction({ occurredAt, costMinor: 5 }), 'invalid_field'],
  ['a rating that is no number', interaction({ occurredAt, rating: Number.NaN }), 'invalid_field'],
  ['a scale upside down', survey({ occurredAt, scaleMin: 10, scaleMax: 0 }), 'invalid_field'],
  ['a negative amount', purchase({ occurredAt, amountMinor: -1 }), 'negative_amount'],
  ['a negative cost', purchase({ occurredAt, costs: { goodsMinor: 1, logisticsMinor: -1 } }), 'negative_amount'],
  ['a currency that is none', purchase({ occurredAt, currency: 'usd' }), 'unknown_currency'],
  ['a currency without a rate', purchase({ occurredAt, currency: 'JPY' }), 'no_rate'],
  ['an order before the first rate', purchase({ occurredAt: occurredAt - 1, currency: 'GBP' }), 'no_rate'],
  [
    'a cost before the first rate',
    interaction({ occurredAt: occurredAt - 1, costMinor: 5, currency: 'GBP' }),
    'no_rate',
  ],
  [
    'a refund whose order came before the first rate',
    purchase({ occurredAt, kind: 'refund', orderedAt: occurredAt - 1, currency: 'GBP' }),
    'no_rate',
  ],
  ['an amount a double rounds', purchase({ occurredAt, amountMinor: 2 ** 53 }), 'limit_exceeded'],
  ['a cost a double rounds', interaction({ occurredAt, costMinor: 2 ** 53, currency: 'GBP' }), 'limit_exceeded'],
  ['half a minor unit', purchase({ occurredAt, amountMinor: 0.5 }), 'invalid_field'],
  ['an event ahead of the broker', purchase({ occurredAt: occurredAt + 300_001 }), 'occurred_in_future'],
  ['an answer off its scale', survey({ occurredAt, score: 11 }), 'scale_out_of_range'],
  ['a review off the scale of the model', interaction({ occurredAt, kind: 'review', rating: 6 }), 'scale_out_of_range'],
  ['an attribute not listed', attribute('height', 'north'), 'attribute_not_allowed'],
  ['a value not listed', attribute('region', 'west'), 'attribute_not_allowed'],
  ['an attribute named like a built-in', attribute('constructor', 'x'), 'attribute_not_allowed'],
];

describe('validate', () => {
  it.each(accepted)('takes %s', (_, input) => {
    expect(validate(input, context, model)).toBeNull();
  });

  it.each(refused)('refuses %s', (_, input, reason) => {
    expect(validate(input, context, model)).toBe(reason);
  });

  it('reports the first reason of the closed list when several apply', () => {
    const faults: Parameters<typeof purchase>[0][] = [
      { occurredAt: occurredAt + 300_001 },
      { occurredAt: occurredAt + 300_001, currency: 'JPY' },
      { occurredAt: occurredAt + 300_001, currency: 'usd' },
      { occurredAt: occurredAt + 300_001, currency: 'usd', amountMinor: -1 },
      { occurredAt: occurredAt + 300_001, currency: 'usd', amountMinor: -1, eventId: '' },
      { occurredAt: occurredAt + 300_001, currency: 'usd', amountMinor: -1, eventId: '', customerId: 'c2' },
      { occurredAt: occurredAt + 300_001, currency: 'usd', amountMinor: -1, eventId: long, customerId: 'c2' },
    ];
    const ranks = faults.map((fields) => {
      const reason = validate(purchase(fields), context, model);
      return reason === null ? -1 : reasonCodes.indexOf(reason);
    });
    expect(ranks).toEqual(ranks.toSorted((left, right) => right - left));
    expect(new Set(ranks).size).toBe(faults.length);
  });
});
