/**
 * What a purchase leaves in the state: its day, its money and costs, its categories and channel. An order counts on its own
 * day, a refund or cancellation on the day of the order it reverses, whichever arrives first, with every amount taken back.
 *
 * A reversal's costs and discount are what of them comes back; a reversal that names none is priced by the model's margin.
 */
import { businessDay } from './calendar.ts';
import { withLines } from './categories.ts';
import { settled, withChannel } from './contacts.ts';
import type { CustomerState, LifetimeTotals, Purchase, PurchaseDay } from './contracts.ts';
import { exactDaysMax, placeOnDay } from './days.ts';
import { roundHalfEven } from './math/round.ts';
import type { Model } from './model.ts';
import { convertMinor, ratedAt } from './money.ts';

/** What a purchase changes. */
export type Orders = Pick<CustomerState, 'days' | 'older' | 'weeks' | 'totals' | 'categories' | 'channels' | 'touches'>;

/** Takes a purchase in; what cannot be placed changes the totals only and is counted. */
export function withPurchase(state: CustomerState, event: Purchase, asOf: number, model: Model): Orders {
  const isOrder = event.kind === 'order';
  const sign = isOrder ? 1 : -1;
  const orders = isOrder ? 1 : event.kind === 'cancellation' ? -1 : 0;
  const money = moneyOf(event, sign, model);
  const orderAt = isOrder ? event.occurredAt : event.orderedAt;
  const clock = { anchorAt: state.anchorAt, asOf, repurchaseWindowDays: model.repurchaseWindowDays };
  const change = orderAt === null ? null : dayOf(event, orderAt, orders, money, model);
  const placed = change === null ? null : placeOnDay(state, change, clock);
  const { days, older, weeks } = placed ?? state;
  const oldest = older === state.older ? undefined : oldestOf(state.days, change);
  return {
    days,
    older,
    weeks,
    totals: grown(state.totals, money, isOrder, placed === null),
    categories: event.lines.length === 0 ? state.categories : withLines(state.categories, event, sign, orders, model),
    channels: withChannel(state.channels, event.channel),
    touches: oldest === undefined ? state.touches : settled(state.touches, oldest, model),
  };
}

/** The day that leaves the exact ones when `change` opens one more. */
function oldestOf(days: readonly PurchaseDay[], change: PurchaseDay | null): PurchaseDay | undefined {
  const [oldest] = days;
  if (change === null || days.length < exactDaysMax) return undefined;
  return oldest !== undefined && oldest.day < change.day ? oldest : change;
}

/** A purchase in the model's currency; a reversal's amounts are negative. */
interface Money {
  readonly netMinor: number;
  readonly discountMinor: number;
  readonly pricedMinor: number;
  readonly goodsMinor: number;
  readonly logisticsMinor: number;
}

function moneyOf(event: Purchase, sign: 1 | -1, model: Model): Money {
  const { costs, currency } = event;
  const at = ratedAt(event);
  const converted = (amountMinor: number): number => {
    if (amountMinor === 0) return 0;
    const minor = convertMinor(amountMinor, currency, at, model);
    if (minor === null) throw new Error('invariant: an event without a rate passed validate');
    return 0 + sign * minor;
  };
  const netMinor = converted(event.amountMinor);
  return {
    netMinor,
    discountMinor: converted(event.discountMinor),
    pricedMinor: costs === null ? 0 : netMinor,
    goodsMinor: costs === null ? marginDifference(event, converted, model) : converted(costs.goodsMinor),
    logisticsMinor: costs === null ? 0 : converted(costs.logisticsMinor),
  };
}

/** What the lines cost more, in minor units, than the model's default margin says; less than 0 where category margins are higher. */
function marginDifference(event: Purchase, converted: (amountMinor: number) => number, { grossMargin }: Model): number {
  let difference = 0;
  for (const { category, amountMinor } of event.lines) {
    const isNamed = category !== null && Object.hasOwn(grossMargin.byCategory, category);
    const margin = isNamed ? grossMargin.byCategory[category] : undefined;
    if (margin !== undefined) difference += converted(amountMinor) * (grossMargin.default - margin);
  }
  // Not -0, which no sum of zeros would give.
  return 0 + roundHalfEven(difference);
}

function dayOf(event: Purchase, orderAt: number, orders: number, money: Money, model: Model): PurchaseDay {
  const isPromoted = event.campaignId !== null || event.couponCode !== null || event.discountMinor > 0;
  return {
    day: businessDay(orderAt, model.zone),
    orders,
    netMinor: money.netMinor,
    firstAt: orderAt,
    pricedMinor: money.pricedMinor,
    goodsMinor: money.goodsMinor,
    logisticsMinor: money.logisticsMinor,
    promoted: isPromoted ? orders : 0,
  };
}

function grown(totals: LifetimeTotals, money: Money, isOrder: boolean, isUnplaced: boolean): LifetimeTotals {
  return {
    revenueMinor: totals.revenueMinor + (isOrder ? money.netMinor : 0),
    refundsMinor: totals.refundsMinor - (isOrder ? 0 : money.netMinor),
    unplacedCount: totals.unplacedCount + (isUnplaced ? 1 : 0),
    discountMinor: totals.discountMinor + money.discountMinor,
    pricedMinor: totals.pricedMinor + money.pricedMinor,
    goodsMinor: totals.goodsMinor + money.goodsMinor,
    logisticsMinor: totals.logisticsMinor + money.logisticsMinor,
    serviceMinor: totals.serviceMinor,
    marketingMinor: totals.marketingMinor,
    acquisitionMinor: totals.acquisitionMinor,
  };
}
