/**
 * One row of a mapped file -> one input event, or the reason it is refused. Pure; it checks what the file can get
 * wrong (missing, unreadable, contradictory) and leaves to the service what its model decides.
 */
import type { Interaction, InteractionKind, Purchase, Survey, SurveyKind } from '../../domain/contracts.ts';
import type { InputEvent } from '../../domain/event.ts';
import { currencyDigits } from '../../domain/money.ts';
import { parseInstant } from './instant.ts';
import type { FileMapping, MappedField } from './mapping.ts';
import { parseAmount } from './minor-units.ts';

export type RowResult =
  { readonly ok: true; readonly event: InputEvent } | { readonly ok: false; readonly reason: string };

/** Reads the text of a mapped field in the row at hand; '' when the field is not mapped. */
export type FieldReader = (field: MappedField) => string;

/** What `source` says of every event that came from a file. */
const source = 'import';

const interactionKinds = [
  'acquired',
  'visit',
  'product_view',
  'cart_add',
  'email_open',
  'email_click',
  'campaign_touch',
  'coupon_redeemed',
  'login',
  'inquiry',
  'support_ticket',
  'complaint',
  'complaint_resolved',
  'suggestion',
  'review',
  'share',
  'referral_made',
  'attributes_changed',
  'other',
] as const satisfies readonly InteractionKind[];
const purchaseKinds = ['order', 'refund', 'cancellation'] as const;
/** The usual scale of each kind of survey, for files that have no scale columns. */
const surveyScales: Readonly<Record<Exclude<SurveyKind, 'unknown'>, readonly [min: number, max: number]>> = {
  nps: [0, 10],
  csat: [1, 5],
  ces: [1, 7],
  review: [1, 5],
};

/** A refusal on its way out of the field readers below; it never leaves this file. */
class Refusal extends Error {}

/** Makes the event of one row; `fallbackId` is its event id unless a column gives one. */
export function rowEvent(field: FieldReader, mapping: FileMapping, fallbackId: string): RowResult {
  try {
    return { ok: true, event: readEvent(field, mapping, fallbackId) };
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, reason: error.message };
    throw error;
  }
}

function readEvent(field: FieldReader, mapping: FileMapping, fallbackId: string): InputEvent {
  const customerId = needed(field, 'customerId');
  const occurredAt = parseInstant(field('occurredAt'), mapping.timeOfDay);
  if (occurredAt === null) throw new Refusal('occurredAt is not YYYY-MM-DD, nor a date and time with a zone');
  const eventId = mapping.columns.eventId === undefined ? fallbackId : needed(field, 'eventId');
  const common = { eventId, customerId, occurredAt };
  switch (mapping.event) {
    case 'purchase':
      return { input: 'purchases', event: purchase(field, mapping, common) };
    case 'interaction':
      return { input: 'interactions', event: interaction(field, common) };
    case 'survey':
      return { input: 'surveys', event: survey(field, common) };
  }
}

type Common = Pick<Purchase, 'eventId' | 'customerId' | 'occurredAt'>;

function purchase(field: FieldReader, mapping: FileMapping, common: Common): Purchase {
  const amount = readAmount(field, mapping);
  const kind = purchaseKind(field, mapping, amount.negative);
  return {
    ...common,
    kind,
    orderId: optional(field, 'orderId') ?? common.eventId,
    orderedAt: null,
    currency: mapping.currency,
    amountMinor: amount.minor,
    discountMinor: readDiscount(field, mapping, kind),
    costs: null,
    lines: purchaseLines(field, mapping, amount.minor),
    campaignId: null,
    couponCode: null,
    channel: optional(field, 'channel'),
    businessUnit: null,
    source,
  };
}

function readAmount(field: FieldReader, mapping: FileMapping): { readonly minor: number; readonly negative: boolean } {
  if (mapping.columns.amount === undefined) return { minor: 0, negative: false };
  const amount = parseAmount(needed(field, 'amount'), currencyDigits(mapping.currency));
  if (!amount.ok) throw new Refusal(amount.reason);
  return amount;
}

function purchaseKind(field: FieldReader, mapping: FileMapping, negative: boolean): (typeof purchaseKinds)[number] {
  if (mapping.columns.kind === undefined) return negative ? 'refund' : 'order';
  const kind = memberOf(purchaseKinds, needed(field, 'kind'));
  if (kind === 'order' && negative) throw new Refusal('kind is order but the amount is negative');
  return kind;
}

/**
 * The line of a row that names an article. 0 pieces for nothing is what a till prints for a coupon or an article taken out
 * again: the purchase and its discount count, but nothing of that category was bought. 0 pieces for money is goods by weight.
 */
function purchaseLines(field: FieldReader, mapping: FileMapping, amountMinor: number): Purchase['lines'] {
  const sku = optional(field, 'sku');
  if (sku === null) return [];
  const pieces = quantity(field, mapping);
  if (pieces === 0 && amountMinor === 0) return [];
  return [{ sku, category: optional(field, 'category'), quantity: Math.max(1, pieces), amountMinor }];
}

function quantity(field: FieldReader, mapping: FileMapping): number {
  if (mapping.columns.quantity === undefined) return 1;
  const groups = /^(?<whole>\d{1,9})(?:\.0*)?$/.exec(needed(field, 'quantity'))?.groups;
  if (groups === undefined) throw new Refusal('quantity is not a whole number');
  return Number(groups['whole']);
}

/** The columns of a discount arrive joined as their names are: `0.43+0.0`. */
function readDiscount(field: FieldReader, mapping: FileMapping, kind: Purchase['kind']): number {
  const text = optional(field, 'discount');
  if (text === null) return 0;
  let sum = 0;
  for (const part of text.split('+')) {
    if (part === '') continue;
    const discount = parseAmount(part, currencyDigits(mapping.currency));
    if (!discount.ok) throw new Refusal(`discount: ${discount.reason}`);
    if (discount.negative && kind === 'order') throw new Refusal('discount is negative');
    sum += discount.minor;
  }
  return sum;
}

function interaction(field: FieldReader, common: Common): Interaction {
  return {
    ...common,
    kind: memberOf(interactionKinds, needed(field, 'kind')),
    channel: optional(field, 'channel'),
    campaignId: null,
    referrerId: null,
    acquisitionSource: null,
    rating: null,
    costMinor: null,
    currency: null,
    lossReason: null,
    attributes: [],
  };
}

function survey(field: FieldReader, common: Common): Survey {
  const kind = memberOf(['nps', 'csat', 'ces', 'review'] as const, needed(field, 'kind'));
  const [usualMin, usualMax] = surveyScales[kind];
  return {
    ...common,
    kind,
    score: finite(needed(field, 'score'), 'score'),
    scaleMin: optionalNumber(field, 'scaleMin') ?? usualMin,
    scaleMax: optionalNumber(field, 'scaleMax') ?? usualMax,
    direction: 'higher_is_better',
    surveyId: null,
    orderId: optional(field, 'orderId'),
  };
}

function memberOf<const V extends string>(known: readonly V[], text: string): V {
  const found = known.find((candidate) => candidate === text.toLowerCase());
  if (found === undefined) throw new Refusal(`kind is not one of ${known.join(', ')}`);
  return found;
}

function needed(field: FieldReader, name: MappedField): string {
  const text = field(name).trim();
  if (text === '') throw new Refusal(`${name} is empty`);
  return text;
}

function optional(field: FieldReader, name: MappedField): string | null {
  const text = field(name).trim();
  return text === '' ? null : text;
}

function optionalNumber(field: FieldReader, name: MappedField): number | null {
  const text = optional(field, name);
  return text === null ? null : finite(text, name);
}

function finite(text: string, name: MappedField): number {
  if (!/^[+-]?\d{1,9}(\.\d{1,9})?$/.test(text)) throw new Refusal(`${name} is not a number`);
  return Number(text);
}
