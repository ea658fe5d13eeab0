// Random histories of one customer, of every kind of event, as they occurred; and a model whose rings forget none of them.
import fc from 'fast-check';
import type { InputEvent } from '../../../src/domain/event.ts';
import type { Model } from '../../../src/domain/model.ts';
import { dayMs } from '../../../src/domain/time.ts';
import { interaction, noon, purchase, survey, tell } from './story.ts';
import type { Told } from './story.ts';

/** The model with rings that hold every event of a history here, and one that forgets nobody who never bought. */
export function roomy(model: Model): Model {
  const lifecycle = { ...model.lifecycle, potentialTtlDays: 36_500 };
  return { ...model, lifecycle, rings: { purchases: 256, interactions: 256, surveys: 256, credits: 0 } };
}

/** A history in the order of its instants. */
export interface History {
  readonly events: readonly InputEvent[];
  told(model: Model): Told;
}

const categories = ['books', 'music', 'games', 'garden', 'food', null] as const;
const contactKinds = [
  'visit',
  'cart_add',
  'campaign_touch',
  'complaint',
  'complaint_resolved',
  'review',
  'referral_made',
  'acquired',
  'support_ticket',
  'attributes_changed',
] as const;
const surveyKinds = ['nps', 'csat', 'ces', 'review'] as const;

const row = fc.record({
  // Crowded in the last weeks, thin before: where windows of weeks begin, something happens.
  n: fc.oneof(fc.integer({ min: 0, max: 800 }), fc.integer({ min: 700, max: 800 })),
  minute: fc.integer({ min: 0, max: 719 }),
  amountMinor: fc.integer({ min: 0, max: 40_000 }),
  discountMinor: fc.constantFrom(0, 0, 0, 700),
  hasCosts: fc.boolean(),
  category: fc.constantFrom(...categories),
  what: fc.constantFrom(
    'order',
    'order',
    'order',
    'refunded',
    'cancelled',
    'unplaceable',
    'contact',
    'contact',
    'survey',
  ),
  contact: fc.constantFrom(...contactKinds),
  kind: fc.constantFrom(...surveyKinds),
  score: fc.integer({ min: 0, max: 10 }),
  delay: fc.integer({ min: 0, max: 60 }),
});
type Row = typeof row extends fc.Arbitrary<infer T> ? T : never;

function eventsOf(given: Row, index: number): readonly InputEvent[] {
  const at = noon(given.n) + given.minute * 60_000;
  const eventId = `e${index}`;
  const { amountMinor, discountMinor, category } = given;
  const costs = given.hasCosts ? { goodsMinor: Math.floor(amountMinor / 3), logisticsMinor: 300 } : null;
  // A voucher may come as a line of its own, below 0.
  const voucher = given.score > 7 ? [{ sku: 'v', category: 'books', quantity: 1, amountMinor: -333 }] : [];
  const lines = category === null ? [] : [{ sku: 's', category, quantity: 1, amountMinor }, ...voucher];
  const money = { amountMinor, discountMinor, costs, lines, channel: given.hasCosts ? 'web' : 'store' };
  const order = purchase({ eventId, occurredAt: at, ...money });
  const back = { eventId: `${eventId}-back`, occurredAt: at + given.delay * dayMs, ...money };
  switch (given.what) {
    case 'refunded':
      return [order, purchase({ ...back, kind: 'refund', orderedAt: at })];
    case 'cancelled':
      return [order, purchase({ ...back, kind: 'cancellation', orderedAt: at })];
    case 'unplaceable':
      return [order, purchase({ ...back, kind: 'refund', orderedAt: null })];
    case 'contact':
      return [contactOf(given, eventId, at)];
    case 'survey': {
      const isNps = given.kind === 'nps';
      const scale = isNps ? { scaleMin: 0, scaleMax: 10 } : { scaleMin: 1, scaleMax: 5 };
      const score = isNps ? given.score : 1 + (given.score % 5);
      const direction = given.hasCosts ? 'higher_is_better' : 'lower_is_better';
      return [survey({ eventId, occurredAt: at, kind: given.kind, score, ...scale, direction })];
    }
    default:
      return [order];
  }
}

function contactOf(given: Row, eventId: string, occurredAt: number): InputEvent {
  const { contact, hasCosts, amountMinor, score } = given;
  return interaction({
    eventId,
    occurredAt,
    kind: contact,
    channel: hasCosts ? 'email' : 'phone',
    costMinor: hasCosts ? amountMinor : null,
    currency: hasCosts ? 'USD' : null,
    rating: contact === 'review' ? 1 + (score % 5) : null,
    lossReason: contact === 'complaint' && hasCosts ? 'price' : null,
    acquisitionSource: contact === 'acquired' ? `source-${score}` : null,
    attributes: contact === 'attributes_changed' ? [{ name: 'region', value: score > 5 ? 'north' : 'south' }] : [],
  });
}

/** Up to 60 happenings in 800 days. */
export const anyHistory: fc.Arbitrary<History> = fc.array(row, { minLength: 1, maxLength: 60 }).map((rows) => {
  const events = rows
    .flatMap((given, index) => eventsOf(given, index))
    .sort((left, right) => left.event.occurredAt - right.event.occurredAt);
  return { events, told: (model: Model) => tell(events, model) };
});
