/*
 * What must have been published, recomputed from the purchases of one partition in log order: a plain batch model that
 * keeps every event of a customer and judges from scratch at each one. It shares no code with src.
 *
 * Covers orders, refunds, cancellations, duplicates (an id comes with one instant only), late events and their
 * corrections, imports, and what silence does to a tier before the next event; one currency, UTC, up to 64 purchase days of a customer. It throws on anything else. Which of several ids at the very instant of the newest
 * evicted one is still remembered depends on hashes; the event is not applied either way, so the two outcomes are
 * counted together (`repeated`).
 */
import type { BatchModel } from './model.ts';
import { readPurchase, type LogRecord, type PurchaseEvent, type WriterTypes } from './records.ts';

const dayMs = 86_400_000;
const exactDaysMax = 64;

export interface Day {
  readonly day: number;
  readonly orders: number;
  readonly netMinor: number;
  readonly firstAt: number;
}

interface FactorValue {
  readonly name: string;
  readonly value: number | null;
  readonly points: number;
}

interface Judgement {
  readonly total: number;
  readonly factors: readonly FactorValue[];
}

/** A TierChanged as it must be, but for its id and recordedAt. */
export interface ExpectedChange {
  readonly customerId: string;
  readonly sequence: number;
  readonly direction: string;
  readonly previousTier: { readonly id: string; readonly rank: number } | null;
  readonly currentTier: { readonly id: string; readonly rank: number } | null;
  readonly cause: string;
  /** Null: time alone. */
  readonly causationId: string | null;
  /** True: names the customer's latest change of tier before this one. */
  readonly corrects: boolean;
  readonly effectiveAt: number;
  readonly scoreBefore: number;
  readonly scoreAfter: number;
  readonly factors: readonly {
    readonly name: string;
    readonly before: number | null;
    readonly after: number | null;
    readonly contribution: number;
  }[];
  readonly runId: string | null;
}

interface Tier {
  readonly id: string;
  readonly enteredAt: number;
}

/** Everything about one customer. */
export interface BatchCustomer {
  readonly applied: PurchaseEvent[];
  readonly seen: Set<string>;
  /** occurredAt of the remembered events, ascending. */
  remembered: number[];
  evictedAt: number;
  evaluatedTo: number;
  sequence: number;
  tier: Tier | null;
  tierBefore: Tier | null;
  told: Judgement;
  /** A fall was announced and has neither come nor been averted. */
  isFallNoticed: boolean;
}

export interface BatchPartition {
  readonly changes: readonly ExpectedChange[];
  readonly customers: ReadonlyMap<string, BatchCustomer>;
  readonly records: number;
  readonly applied: number;
  /** Duplicates, and late events that could not be told from one. */
  readonly repeated: number;
  /** End markers of imports. */
  readonly markers: number;
}

const nothing: Judgement = { total: 0, factors: [] };

/** Recomputes one partition; `records` in log order. */
export function recompute(records: readonly LogRecord[], model: BatchModel, writers: WriterTypes): BatchPartition {
  const customers = new Map<string, BatchCustomer>();
  const changes: ExpectedChange[] = [];
  const counts = { records: records.length, applied: 0, repeated: 0, markers: 0 };
  for (const record of records) {
    if (record.headers['backfill-end'] !== undefined) {
      counts.markers += 1;
      continue;
    }
    const event = readPurchase(record, writers);
    if (event.currency !== model.currency) throw new Error(`currency ${event.currency} is not covered`);
    const customer = customers.get(event.customerId) ?? newCustomer(event.occurredAt);
    customers.set(event.customerId, customer);
    if (!isNew(customer, event, model.rings.purchases)) {
      counts.repeated += 1;
      continue;
    }
    counts.applied += 1;
    const runId = record.headers['backfill'] ?? null;
    changes.push(...silence(customer, event, runId, model));
    const change = apply(customer, event, runId, model);
    if (change !== null) changes.push(change);
  }
  return { changes, customers, ...counts };
}

function newCustomer(evaluatedTo: number): BatchCustomer {
  const history = { applied: [], seen: new Set<string>(), remembered: [], evictedAt: -Infinity, evaluatedTo };
  return { ...history, sequence: 0, tier: null, tierBefore: null, told: nothing, isFallNoticed: false };
}

/** Whether an event is applied; remembers it then. `size` 0: every record is new. */
function isNew(customer: BatchCustomer, event: PurchaseEvent, size: number): boolean {
  if (size === 0) return true;
  if (event.occurredAt <= customer.evictedAt || customer.seen.has(event.eventId)) return false;
  customer.seen.add(event.eventId);
  customer.remembered = [...customer.remembered, event.occurredAt].sort((a, b) => a - b);
  if (customer.remembered.length > size) customer.evictedAt = customer.remembered.shift() ?? -Infinity;
  return true;
}

/** What time alone does before an event: each change at its first millisecond, a fall announced `noticeDays` before it. */
function silence(
  customer: BatchCustomer,
  { customerId, occurredAt }: PurchaseEvent,
  runId: string | null,
  model: BatchModel,
): ExpectedChange[] {
  const told: ExpectedChange[] = [];
  const noticeMs = model.tiers.noticeDays * dayMs;
  const days = daysOf(customer.applied);
  const why = { customerId, cause: 'time_passed', causationId: null, corrects: false, runId } as const;
  for (let from = customer.evaluatedTo; customer.tier !== null;) {
    const next = nextChange(customer.tier, days, from, occurredAt + noticeMs, model);
    if (next === null) break;
    const { at, tier } = next;
    const isFall = !isHigher(tier, customer.tier.id, model);
    const noticeAt = Math.max(from + 1, at - noticeMs);
    if (isFall && !customer.isFallNoticed && noticeAt < at && noticeAt <= occurredAt) {
      told.push(tell(customer, 'will_fall', customer.tier, judge(days, noticeAt, model), noticeAt, why, model));
      customer.isFallNoticed = true;
    }
    if (at > occurredAt) break;
    const changed = { id: tier, enteredAt: at };
    told.push(tell(customer, isFall ? 'down' : 'up', changed, judge(days, at, model), at, why, model));
    from = at;
  }
  return told;
}

/** The first instant after `from` and up to `to` at which the tier is another. Between steps the total only falls. */
function nextChange(
  held: Tier,
  days: readonly Day[],
  from: number,
  to: number,
  model: BatchModel,
): { readonly at: number; readonly tier: string } | null {
  const tierAt = (at: number): string | null => tierOf(judge(days, at, model), held, at, model);
  const steps = [...days.map(({ firstAt }) => firstAt + 365 * dayMs), held.enteredAt + model.tiers.dwellDays * dayMs];
  const starts = [from + 1, ...steps.filter((at) => at > from + 1).sort((a, b) => a - b)].filter((at) => at <= to);
  for (const [index, start] of starts.entries()) {
    let [before, at] = [start - 1, Math.min(to, (starts[index + 1] ?? Infinity) - 1)];
    if (tierAt(start) !== held.id) at = start;
    else if (tierAt(at) === held.id) continue;
    else before = start;
    while (at - before > 1) {
      const middle = Math.floor((before + at) / 2);
      if (tierAt(middle) === held.id) before = middle;
      else at = middle;
    }
    const tier = tierAt(at);
    if (tier !== null) return { at, tier };
  }
  return null;
}

type Why = Pick<ExpectedChange, 'customerId' | 'cause' | 'causationId' | 'corrects' | 'runId'>;

/** Counts and tells that the customer is in `tier` with what was judged at `effectiveAt`. */
function tell(
  customer: BatchCustomer,
  direction: string,
  tier: Tier | null,
  judged: Judgement | null,
  effectiveAt: number,
  why: Why,
  model: BatchModel,
): ExpectedChange {
  const told = judged ?? nothing;
  const previous = customer.tier;
  customer.sequence += 1;
  const change = {
    ...why,
    sequence: customer.sequence,
    direction,
    previousTier: named(previous?.id ?? null, model),
    currentTier: named(tier?.id ?? null, model),
    effectiveAt,
    scoreBefore: customer.told.total,
    scoreAfter: told.total,
    factors: differences(customer.told, told),
  };
  customer.told = told;
  if (direction === 'will_fall' || direction === 'held') return change;
  customer.tierBefore = previous;
  customer.tier = tier;
  customer.isFallNoticed = false;
  return change;
}

function apply(
  customer: BatchCustomer,
  event: PurchaseEvent,
  runId: string | null,
  model: BatchModel,
): ExpectedChange | null {
  const isLate = event.occurredAt < customer.evaluatedTo;
  const asOf = Math.max(customer.evaluatedTo, event.occurredAt);
  const without = judge(daysOf(customer.applied), asOf, model);
  customer.applied.push(event);
  customer.evaluatedTo = asOf;
  const judged = judge(daysOf(customer.applied), asOf, model);

  // A late event takes the last change back when the tier before it would hold with the event, and not without; it, or
  // the order it reverses, must be from before that change.
  const staysBefore = (one: Judgement | null): boolean => tierOf(one, customer.tierBefore, asOf, model) === before;
  const before = customer.tierBefore?.id ?? null;
  const reach = event.kind === 'order' ? event.occurredAt : (event.orderedAt ?? event.occurredAt);
  const isFromBefore = reach <= (customer.tier?.enteredAt ?? asOf);
  const corrects = isLate && isFromBefore && customer.sequence > 0 && staysBefore(judged) && !staysBefore(without);
  const tier = tierOf(judged, corrects ? customer.tierBefore : customer.tier, asOf, model);
  const previous = customer.tier;
  const cause = corrects ? 'correction' : runId === null ? 'activity' : 'backfill';
  const why = { customerId: event.customerId, cause, causationId: event.eventId, corrects, runId };
  if (tier === (previous?.id ?? null)) return held(customer, judged, asOf, why, model);
  const direction = previous === null ? 'entered' : isHigher(tier, previous.id, model) ? 'up' : 'down';
  const enteredAt = corrects ? (customer.tierBefore?.enteredAt ?? asOf) : asOf;
  return tell(customer, direction, tier === null ? null : { id: tier, enteredAt }, judged, asOf, why, model);
}

/** An announced fall that is no longer near was averted. */
function held(
  customer: BatchCustomer,
  judged: Judgement | null,
  asOf: number,
  why: Why,
  model: BatchModel,
): ExpectedChange | null {
  const { tier } = customer;
  if (tier === null || !customer.isFallNoticed) return null;
  const next = nextChange(tier, daysOf(customer.applied), asOf, asOf + model.tiers.noticeDays * dayMs, model);
  if (next !== null && !isHigher(next.tier, tier.id, model)) return null;
  customer.isFallNoticed = false;
  return tell(
    customer,
    'held',
    tier,
    judged,
    asOf,
    { ...why, cause: why.runId === null ? 'activity' : 'backfill', corrects: false },
    model,
  );
}

/** Purchase days of a history, ascending. */
export function daysOf(events: readonly PurchaseEvent[]): Day[] {
  const days = new Map<number, Day>();
  for (const event of events) {
    const at = event.kind === 'order' ? event.occurredAt : event.orderedAt;
    if (at === null) continue;
    const day = Math.floor(at / dayMs);
    const known = days.get(day) ?? { day, orders: 0, netMinor: 0, firstAt: at };
    days.set(day, {
      day,
      orders: known.orders + { order: 1, refund: 0, cancellation: -1 }[event.kind],
      netMinor: known.netMinor + (event.kind === 'order' ? event.amountMinor : -event.amountMinor),
      firstAt: Math.min(known.firstAt, at),
    });
  }
  if (days.size > exactDaysMax) throw new Error(`a customer with ${days.size} purchase days is not covered`);
  return [...days.values()].sort((a, b) => a.day - b.day);
}

/** Null while there is no purchase. */
function judge(days: readonly Day[], asOf: number, model: BatchModel): Judgement | null {
  const occasions = days.filter(({ orders }) => orders > 0);
  const first = occasions[0];
  const last = occasions.at(-1);
  if (first === undefined || last === undefined) return null;
  const inYear = days.filter(({ firstAt }) => firstAt + 365 * dayMs > asOf);
  const values = {
    revenue365: inYear.reduce((sum, { netMinor }) => sum + netMinor, 0),
    purchaseDays365: inYear.filter(({ orders }) => orders > 0).length,
    pBuy: pBuy(occasions.length - 1, weeks(first.firstAt, last.firstAt), weeks(first.firstAt, asOf), model),
  };
  const factors = Object.entries(model.score).map(([name, { weight, anchors }]) => {
    const value = values[name as keyof typeof values];
    return { name, value, points: halfEven(weight * interpolate(anchors, value)) };
  });
  return { total: factors.reduce((sum, { points }) => sum + points, 0), factors };
}

function weeks(from: number, to: number): number {
  return (to - from) / (7 * dayMs);
}

/** MBG/NBD: P(alive) x P(a purchase within h given alive). */
function pBuy(x: number, tx: number, age: number, { purchase: { r, alpha, a, b }, horizonDays }: BatchModel): number {
  const odds = (a / (b + x)) * ((alpha + age) / (alpha + tx)) ** (r + x);
  const none = ((alpha + age) / (alpha + age + horizonDays / 7)) ** (r + x);
  return (1 / (1 + odds)) * (1 - none);
}

function interpolate(anchors: readonly (readonly [number, number])[], value: number): number {
  const right = anchors.findIndex(([at]) => at >= value);
  if (right === -1) return anchors.at(-1)?.[1] ?? 0;
  const [x1, y1] = anchors[right] ?? [0, 0];
  const [x0, y0] = anchors[right - 1] ?? [value, y1];
  return x1 === value || right === 0 ? y1 : y0 + ((value - x0) / (x1 - x0)) * (y1 - y0);
}

function halfEven(value: number): number {
  const nearest = Math.round(value);
  return Math.abs(value % 1) === 0.5 && nearest % 2 !== 0 ? nearest - 1 : nearest;
}

/** The tier's id; null without a purchase. */
function tierOf(judged: Judgement | null, held: Tier | null, asOf: number, model: BatchModel): string | null {
  if (judged === null) return null;
  const { levels, dwellDays } = model.tiers;
  const enter = levels.findIndex(({ enter }) => enter === undefined || judged.total >= enter);
  const now = levels.findIndex(({ id }) => id === held?.id);
  const leave = levels[now]?.leave;
  const falls = leave !== undefined && judged.total < leave && asOf - (held?.enteredAt ?? asOf) >= dwellDays * dayMs;
  const lower = levels.findIndex((one, rank) => rank > now && (one.leave === undefined || judged.total >= one.leave));
  const rank = now === -1 || enter < now ? enter : falls ? lower : now;
  return levels[rank]?.id ?? null;
}

function named(id: string | null, model: BatchModel): { id: string; rank: number } | null {
  return id === null ? null : { id, rank: model.tiers.levels.findIndex((level) => level.id === id) + 1 };
}

function isHigher(tier: string | null, than: string, model: BatchModel): boolean {
  return tier !== null && (named(tier, model)?.rank ?? 0) < (named(than, model)?.rank ?? 0);
}

function differences(before: Judgement, after: Judgement): ExpectedChange['factors'] {
  const names = [...new Set([...after.factors, ...before.factors].map(({ name }) => name))];
  return names.map((name) => {
    const old = before.factors.find((one) => one.name === name);
    const now = after.factors.find((one) => one.name === name);
    const contribution = (now?.points ?? 0) - (old?.points ?? 0);
    return { name, before: old?.value ?? null, after: now?.value ?? null, contribution };
  });
}
