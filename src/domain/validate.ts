/**
 * Is a decoded event one the model can take? A fault is a value, the first that applies in the order of `reasonCodes`;
 * nothing is repaired. What needs the bytes, the schema or the partition was checked before.
 */
import type { Interaction, Purchase, Survey } from './contracts.ts';
import type { InputEvent } from './event.ts';
import type { Model } from './model.ts';
import { amountMinorMax, convertMinor, isCurrency, ratedAt } from './money.ts';
import type { ReasonCode } from './outcome.ts';

/** What the record around an event says. */
export interface RecordContext {
  /** Key of the record as text; null = it is none. */
  readonly key: string | null;
  readonly brokerTimestampMs: number;
}

/** Longest id or code, UTF-16 units: four times what shops use; longer ones would be the state's and topics' weight. */
export const textLengthMax = 256;
/** Most lines of an order, and most attributes of one event. */
export const linesMax = 1_000;
export const attributesMax = 64;
/** Instants are 1970 to the last one a calendar can name: earlier ones are defaults of broken senders. */
const instantMsMax = 8.64e15;

/** Returns why the event must not be applied, or null when it may. */
export function validate(
  input: InputEvent,
  { key, brokerTimestampMs }: RecordContext,
  model: Model,
): ReasonCode | null {
  const { eventId, customerId, occurredAt } = input.event;
  const facts = factsOf(input, model);
  if (isTooLong(eventId) || isTooLong(customerId) || facts.texts.some(isTooLong) || facts.isTooLarge) {
    return 'limit_exceeded';
  }
  if (facts.linesMinor > amountMinorMax || isTooMuch(facts, model)) return 'limit_exceeded';
  if (customerId !== key) return 'key_mismatch';
  if (eventId === '' || !isInstant(occurredAt) || facts.isInvalid) return 'invalid_field';
  if (facts.amounts.some((amount) => !Number.isSafeInteger(amount))) return 'invalid_field';
  if (facts.amounts.some((amount) => amount < 0)) return 'negative_amount';
  const moneyFault = checkCurrency(facts, model);
  if (moneyFault !== null) return moneyFault;
  if (occurredAt > brokerTimestampMs + model.futureToleranceMs) return 'occurred_in_future';
  if (facts.isOutOfScale === true) return 'scale_out_of_range';
  return facts.hasUnknownAttribute === true ? 'attribute_not_allowed' : null;
}

/** What the common rules are asked about, per kind of event. */
interface Facts {
  readonly texts: readonly (string | null)[];
  /** Minor units of `currency`; none may be negative. */
  readonly amounts: readonly number[];
  /** Null = the event carries no money. */
  readonly currency: string | null;
  /** Sum of the lines' amounts, signs aside, minor units of `currency`. */
  readonly linesMinor: number;
  /** The instant whose rate converts them. */
  readonly ratedAt: number;
  readonly isTooLarge: boolean;
  readonly isInvalid: boolean;
  readonly isOutOfScale?: boolean;
  readonly hasUnknownAttribute?: boolean;
}

function factsOf(input: InputEvent, model: Model): Facts {
  switch (input.input) {
    case 'purchases':
      return purchaseFacts(input.event);
    case 'interactions':
      return interactionFacts(input.event, model);
    case 'surveys':
      return surveyFacts(input.event);
  }
}

function purchaseFacts(event: Purchase): Facts {
  const { kind, occurredAt, orderedAt, amountMinor, discountMinor, costs, lines } = event;
  const amounts = [amountMinor, discountMinor];
  if (costs !== null) amounts.push(costs.goodsMinor, costs.logisticsMinor);
  const isReversalAhead = orderedAt !== null && (!isInstant(orderedAt) || (kind !== 'order' && orderedAt > occurredAt));
  return {
    texts: [event.orderId, event.campaignId, event.couponCode, event.channel, event.businessUnit, event.source],
    amounts,
    linesMinor: lines.reduce((sum, line) => sum + Math.abs(line.amountMinor), 0),
    currency: event.currency,
    ratedAt: ratedAt(event),
    isTooLarge:
      amounts.some((amount) => amount > amountMinorMax) ||
      lines.length > linesMax ||
      lines.some(({ sku, category }) => isTooLong(sku) || isTooLong(category)),
    isInvalid:
      kind === 'unknown' ||
      isReversalAhead ||
      lines.some(({ quantity, amountMinor: line }) => !(quantity > 0) || !Number.isSafeInteger(line)),
  };
}

function interactionFacts(event: Interaction, model: Model): Facts {
  const { rating, costMinor, currency, attributes } = event;
  const scale = model.voice.reviewScale;
  return {
    texts: [event.channel, event.campaignId, event.referrerId, event.acquisitionSource, event.lossReason],
    amounts: costMinor === null ? [] : [costMinor],
    linesMinor: 0,
    currency: costMinor === null ? null : currency,
    ratedAt: event.occurredAt,
    isTooLarge:
      (costMinor !== null && costMinor > amountMinorMax) ||
      attributes.length > attributesMax ||
      attributes.some(({ name, value }) => isTooLong(name) || isTooLong(value)),
    isInvalid: (rating !== null && !Number.isFinite(rating)) || (costMinor !== null && currency === null),
    isOutOfScale: event.kind === 'review' && rating !== null && (rating < scale.min || rating > scale.max),
    hasUnknownAttribute: attributes.some(
      ({ name, value }) => !(Object.hasOwn(model.attributes, name) && model.attributes[name]?.includes(value)),
    ),
  };
}

function surveyFacts(event: Survey): Facts {
  const { kind, score, scaleMin, scaleMax, direction } = event;
  const isScale = Number.isFinite(scaleMin) && Number.isFinite(scaleMax) && scaleMin < scaleMax;
  return {
    texts: [event.surveyId, event.orderId],
    amounts: [],
    linesMinor: 0,
    currency: null,
    ratedAt: event.occurredAt,
    isTooLarge: false,
    isInvalid: !Number.isFinite(score) || !isScale || kind === 'unknown' || direction === 'unknown',
    isOutOfScale: score < scaleMin || score > scaleMax,
  };
}

/** True when an amount is too large only in the model's currency; false where there is no rate to tell. */
function isTooMuch({ amounts, linesMinor, currency, ratedAt: at }: Facts, model: Model): boolean {
  if (currency === null || currency === model.currency) return false;
  return [...amounts, linesMinor].some(
    (amount) => Number.isSafeInteger(amount) && (convertMinor(amount, currency, at, model) ?? 0) > amountMinorMax,
  );
}

function checkCurrency({ currency, ratedAt: at }: Facts, model: Model): ReasonCode | null {
  if (currency === null) return null;
  if (!isCurrency(currency)) return 'unknown_currency';
  return convertMinor(0, currency, at, model) === null ? 'no_rate' : null;
}

function isTooLong(text: string | null): boolean {
  return text !== null && text.length > textLengthMax;
}

function isInstant(instantMs: number): boolean {
  return Number.isSafeInteger(instantMs) && instantMs >= 0 && instantMs <= instantMsMax;
}
