// What a purchase leaves in the state, where names could be taken for something else.
import { describe, expect, it } from 'vitest';
import type { Model } from '../../src/domain/model.ts';
import { withPurchase } from '../../src/domain/orders.ts';
import { emptyState } from '../../src/domain/state.ts';
import { cdnowModel, noon, purchase } from './support/story.ts';

const occurredAt = noon(0);
const grossMargin = { default: 0.4, byCategory: { cds: 0.3 } };
const model: Model = { ...cdnowModel, grossMargin };

function goodsOf(category: string): number {
  const lines = [{ sku: 's', category, quantity: 1, amountMinor: 1_000 }];
  const input = purchase({ occurredAt, lines });
  if (input.input !== 'purchases') throw new Error('a purchase is one');
  return withPurchase(emptyState('c1', occurredAt), input.event, occurredAt, model).totals.goodsMinor;
}

describe('withPurchase', () => {
  it('prices a line by the margin of its category', () => {
    expect(goodsOf('cds')).toBe(100);
    expect(goodsOf('books')).toBe(0);
  });

  it.each(['constructor', 'toString', '__proto__'])(
    'takes the category %s for one without a margin of its own',
    (name) => {
      expect(goodsOf(name)).toBe(0);
    },
  );
});
