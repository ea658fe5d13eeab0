/** Purchases for benchmarks: deterministic, 3 lines each, customers uniform, event time rising over two years. */
import type { Purchase } from '../src/domain/contracts.ts';

const categories = ['music', 'books', 'games', 'garden', 'kitchen', 'sports'];
const startMs = Date.UTC(2024, 0, 1);

/** The `index`-th purchase of a shop with that many customers. */
export function purchaseOf(index: number, customers: number): Purchase {
  const customer = (index * 2_654_435_761) % customers;
  const line = (nth: number) => ({
    sku: `sku-${(index * 31 + nth * 7) % 5_000}`,
    category: categories[(index + nth) % categories.length] ?? 'music',
    quantity: 1 + (index % 3),
    amountMinor: 500 + ((index * 17 + nth) % 4_000),
  });
  const lines = [line(0), line(1), line(2)];
  return {
    eventId: `order-${index}`,
    customerId: `customer-${customer}`,
    occurredAt: startMs + index * 60_000,
    kind: 'order',
    orderId: `order-${index}`,
    orderedAt: null,
    currency: 'USD',
    amountMinor: lines.reduce((sum, { amountMinor }) => sum + amountMinor, 0),
    discountMinor: 0,
    costs: null,
    lines,
    campaignId: null,
    couponCode: null,
    channel: 'web',
    businessUnit: null,
    source: null,
  };
}
