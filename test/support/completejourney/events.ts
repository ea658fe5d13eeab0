// The Complete Journey as a shop would send it: a purchase per basket, an interaction per campaign and per coupon.
import { decimalCents } from './batch.ts';
import { contactCents, madeUpCosts, type Line, type Tables } from './tables.ts';
import type { Interaction, Purchase } from '../../../src/domain/contracts.ts';

/** Purchases in the order of their instants. */
export function purchases({ lines, categories }: Tables): Purchase[] {
  const baskets = Map.groupBy(lines, ({ basket_id }) => basket_id);
  return [...baskets]
    .map(([id, basket]) => purchase(id, basket, categories))
    .sort((a, b) => a.occurredAt - b.occurredAt);
}

function purchase(orderId: string, basket: readonly Line[], categories: ReadonlyMap<string, string>): Purchase {
  const [
    { household_id, store_id, transaction_timestamp } = { household_id: '', store_id: '', transaction_timestamp: '' },
  ] = basket;
  const lines = basket.map((line) => ({
    sku: line.product_id,
    category: categories.get(line.product_id) ?? null,
    // The file has lines of 0 pieces; a purchase has at least one.
    quantity: Math.max(1, Math.round(Number(line.quantity))),
    amountMinor: decimalCents(line.sales_value),
  }));
  const amountMinor = lines.reduce((sum, line) => sum + line.amountMinor, 0);
  const discounts = basket.flatMap((line) => [line.retail_disc, line.coupon_disc, line.coupon_match_disc]);
  return {
    eventId: orderId,
    customerId: household_id,
    occurredAt: Date.parse(transaction_timestamp),
    kind: 'order',
    orderId,
    orderedAt: null,
    currency: 'USD',
    amountMinor,
    discountMinor: discounts.reduce((sum, amount) => sum + decimalCents(amount), 0),
    costs: madeUpCosts.isGiven(store_id)
      ? { goodsMinor: Math.floor(amountMinor * madeUpCosts.goodsShare), logisticsMinor: madeUpCosts.logisticsCents }
      : null,
    lines,
    campaignId: null,
    couponCode: null,
    channel: `store-${Number(store_id) % 3}`,
    businessUnit: null,
    source: null,
  };
}

/** Interactions in the order of their instants, at noon of their day. */
export function interactions({ touches, redemptions }: Tables): Interaction[] {
  return [
    ...touches.map((one, index) => contact('campaign_touch', one, index, contactCents.touch)),
    ...redemptions.map((one, index) => contact('coupon_redeemed', one, index, contactCents.redemption)),
  ].sort((a, b) => a.occurredAt - b.occurredAt);
}

function contact(
  kind: 'campaign_touch' | 'coupon_redeemed',
  { household, campaign, day }: Tables['touches'][number],
  index: number,
  costMinor: number,
): Interaction {
  return {
    eventId: `${kind}-${index}`,
    customerId: household,
    occurredAt: Date.parse(`${day}T12:00:00Z`),
    kind,
    channel: 'mail',
    campaignId: campaign,
    referrerId: null,
    acquisitionSource: null,
    rating: null,
    costMinor,
    currency: 'USD',
    lossReason: null,
    attributes: [],
  };
}
