/**
 * Purchases of many customers as columns: what a fit reads. One entry per purchase day, customers side by side, days
 * ascending. It follows the rules of the live state: a day of the business zone is one occasion while it has more orders
 * than cancellations, a reversal counts on the day of its order, and one that cannot be placed counts nowhere.
 */
import { businessDay } from '../calendar.ts';
import type { Purchase } from '../contracts.ts';
import { Column } from './column.ts';

export interface PurchaseLog {
  readonly customers: number;
  /** Days of customer i are those from start[i] up to start[i + 1]. */
  readonly start: Int32Array;
  /** Earliest instant of each day, ms. */
  readonly at: Float64Array;
  /** Net amount of each day, minor units. */
  readonly netMinor: Float64Array;
  /** Categories seen, one entry per customer, day and category; ascending by customer, then day. Empty without categories. */
  readonly categories: CategoryLog;
  readonly pricing: PricingLog;
  /** Latest instant of all, ms; -Infinity without a purchase. */
  readonly endAt: number;
  /** Reversals without the instant of their order. */
  readonly unplaced: number;
}

export interface CategoryLog {
  readonly customer: Float64Array;
  readonly at: Float64Array;
  readonly category: Float64Array;
}

/** Discounts and known costs, one entry per purchase that has any; ascending by customer, then time. Minor units; reversals negative. */
export interface PricingLog {
  readonly customer: Float64Array;
  readonly at: Float64Array;
  readonly discountMinor: Float64Array;
  /** Amount of a purchase whose costs are known, else 0. */
  readonly pricedMinor: Float64Array;
  /** Goods and logistics. */
  readonly costMinor: Float64Array;
}

/** Collects purchases in any order; amounts must be in one currency. */
export class PurchaseLogBuilder {
  private readonly zone: string;
  private readonly numbers = new Map<string, number>();
  private readonly categoryNumbers = new Map<string, number>();
  private readonly customer = new Column();
  private readonly at = new Column();
  private readonly net = new Column();
  private readonly orders = new Column();
  private readonly categories = { customer: new Column(), at: new Column(), category: new Column() };
  private readonly pricing = {
    ...{ customer: new Column(), at: new Column() },
    ...{ discountMinor: new Column(), pricedMinor: new Column(), costMinor: new Column() },
  };
  private unplaced = 0;

  constructor(zone: string) {
    this.zone = zone;
  }

  add(event: Purchase): void {
    const isOrder = event.kind === 'order';
    const at = isOrder ? event.occurredAt : event.orderedAt;
    if (at === null) {
      this.unplaced += 1;
      return;
    }
    const customer = numbered(this.numbers, event.customerId);
    this.customer.push(customer);
    this.at.push(at);
    this.net.push(isOrder ? event.amountMinor : 0 - event.amountMinor);
    this.orders.push(isOrder ? 1 : event.kind === 'cancellation' ? -1 : 0);
    this.addPricing(event, customer, at);
    if (!isOrder) return;
    for (const { category } of event.lines) {
      if (category === null) continue;
      this.categories.customer.push(customer);
      this.categories.at.push(at);
      this.categories.category.push(numbered(this.categoryNumbers, category));
    }
  }

  private addPricing({ kind, discountMinor, costs, amountMinor }: Purchase, customer: number, at: number): void {
    if (discountMinor === 0 && costs === null) return;
    const sign = kind === 'order' ? 1 : -1;
    const { pricing } = this;
    pricing.customer.push(customer);
    pricing.at.push(at);
    pricing.discountMinor.push(sign * discountMinor);
    pricing.pricedMinor.push(costs === null ? 0 : sign * amountMinor);
    pricing.costMinor.push(costs === null ? 0 : sign * (costs.goodsMinor + costs.logisticsMinor));
  }

  /** Customers are numbered in the order of their first event; those without an occasion keep an empty range. */
  build(): PurchaseLog {
    const customers = this.numbers.size;
    const order = byCustomerAndTime(this.customer.values(), this.at.values(), customers);
    const start = new Int32Array(customers + 1);
    const at = new Column();
    const netMinor = new Column();
    let open = { customer: -1, day: Number.NaN, at: 0, net: 0, orders: 0 };
    const close = (): void => {
      if (open.customer < 0 || open.orders <= 0) return;
      at.push(open.at);
      netMinor.push(open.net);
      start[open.customer + 1] = at.length;
    };
    const [who, when, net, orders] = [
      this.customer.values(),
      this.at.values(),
      this.net.values(),
      this.orders.values(),
    ];
    for (const entry of order) {
      const customer = who[entry] ?? 0;
      const instant = when[entry] ?? 0;
      const day = businessDay(instant, this.zone);
      if (customer !== open.customer || day !== open.day) {
        close();
        open = { customer, day, at: instant, net: 0, orders: 0 };
      }
      open.net += net[entry] ?? 0;
      open.orders += orders[entry] ?? 0;
    }
    close();
    for (let index = 1; index <= customers; index += 1)
      start[index] = Math.max(start[index] ?? 0, start[index - 1] ?? 0);
    return {
      customers,
      start,
      at: at.values(),
      netMinor: netMinor.values(),
      categories: this.categoryLog(customers),
      pricing: this.pricingLog(customers),
      endAt: at.values().reduce((latest, instant) => Math.max(latest, instant), -Infinity),
      unplaced: this.unplaced,
    };
  }

  private categoryLog(customers: number): CategoryLog {
    const { customer, at, category } = this.categories;
    const pick = pickerOf(customer, at, customers);
    return { customer: pick(customer), at: pick(at), category: pick(category) };
  }

  private pricingLog(customers: number): PricingLog {
    const { customer, at, discountMinor, pricedMinor, costMinor } = this.pricing;
    const pick = pickerOf(customer, at, customers);
    return {
      ...{ customer: pick(customer), at: pick(at) },
      ...{ discountMinor: pick(discountMinor), pricedMinor: pick(pricedMinor), costMinor: pick(costMinor) },
    };
  }
}

/** Puts a column's entries customer by customer, each one's by time. */
function pickerOf(customer: Column, at: Column, customers: number): (column: Column) => Float64Array {
  const order = byCustomerAndTime(customer.values(), at.values(), customers);
  return (column) => {
    const values = column.values();
    return Float64Array.from(order, (entry) => values[entry] ?? 0);
  };
}

function numbered(numbers: Map<string, number>, name: string): number {
  let number = numbers.get(name);
  if (number === undefined) {
    number = numbers.size;
    numbers.set(name, number);
  }
  return number;
}

/** Entry numbers, customer by customer, each one's entries by time; equal times keep their order. */
function byCustomerAndTime(customer: Float64Array, at: Float64Array, customers: number): Uint32Array {
  const next = new Uint32Array(customers + 1);
  for (const one of customer) next[one + 1] = (next[one + 1] ?? 0) + 1;
  for (let index = 1; index <= customers; index += 1) next[index] = (next[index] ?? 0) + (next[index - 1] ?? 0);
  const order = new Uint32Array(customer.length);
  const first = next.slice();
  customer.forEach((one, entry) => {
    const slot = next[one] ?? 0;
    order[slot] = entry;
    next[one] = slot + 1;
  });
  for (let index = 0; index < customers; index += 1) {
    sortRange(order, at, first[index] ?? 0, first[index + 1] ?? 0);
  }
  return order;
}

function sortRange(order: Uint32Array, at: Float64Array, from: number, to: number): void {
  const range = order.subarray(from, to);
  for (let index = 1; index < range.length; index += 1) {
    if ((at[range[index - 1] ?? 0] ?? 0) > (at[range[index] ?? 0] ?? 0)) {
      range.sort((left, right) => (at[left] ?? 0) - (at[right] ?? 0) || left - right);
      return;
    }
  }
}
