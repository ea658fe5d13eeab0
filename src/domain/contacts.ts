/**
 * What an interaction leaves in the state: engagement by week, touches, complaints, contact costs, acquisition, attributes,
 * referrals made. Every part is a count, a sum, a newest or a bounded set, so the order of arrival is no matter.
 */
import { reviewAnswer, withAnswer } from './answers.ts';
import type { Acquisition, AttributeValue, Complaints, CustomerState, EngagementWeek } from './contracts.ts';
import type { Interaction, InteractionKind, PurchaseDay, Touches } from './contracts.ts';
import { isOccasion } from './days.ts';
import type { Model } from './model.ts';
import { convertMinor } from './money.ts';
import { dayMs } from './time.ts';
import { addToWeek, weekOf } from './weeks.ts';

/** Weeks of engagement that count: a quarter. */
export const engagementWeeks = 13;
/** Channel codes kept per customer; the ones last in code order are let go. */
export const channelsMax = 8;
/** Touches kept with their instant; an older one is counted with the answer it had. */
export const touchesMax = 16;

/** What an interaction changes. */
export type Contacts = Pick<
  CustomerState,
  | 'answers'
  | 'complaints'
  | 'engagement'
  | 'engagedAt'
  | 'channels'
  | 'acquisition'
  | 'touches'
  | 'attributes'
  | 'referrals'
  | 'totals'
  | 'weeks'
>;

type CostKind = 'acquisitionMinor' | 'serviceMinor' | 'marketingMinor';

/** Whose budget a contact is; whatever is neither winning nor advertising is service. */
function costKind(kind: InteractionKind): CostKind {
  switch (kind) {
    case 'acquired':
      return 'acquisitionMinor';
    case 'campaign_touch':
    case 'coupon_redeemed':
    case 'email_open':
    case 'email_click':
    case 'share':
    case 'referral_made':
      return 'marketingMinor';
    default:
      return 'serviceMinor';
  }
}

/** Takes an interaction in; `asOf` is the newest instant the customer is judged at. */
export function withInteraction(state: CustomerState, event: Interaction, asOf: number, model: Model): Contacts {
  const { kind, occurredAt } = event;
  const costMinor = costOf(event, model);
  const costs = costKind(kind);
  const clock = { anchorAt: state.anchorAt, asOf };
  const answer = kind === 'review' ? reviewAnswer(event, model.voice) : null;
  return {
    answers: answer === null ? state.answers : withAnswer(state.answers, answer),
    complaints: withComplaint(state.complaints, event),
    engagement: engaged(state.engagement, weekOf(occurredAt, state.anchorAt), model.engagement[kind], asOf, state),
    engagedAt: model.engagement[kind] > 0 ? Math.max(state.engagedAt ?? occurredAt, occurredAt) : state.engagedAt,
    channels: withChannel(state.channels, event.channel),
    acquisition: kind === 'acquired' ? earliest(state.acquisition, event) : state.acquisition,
    touches: kind === 'campaign_touch' ? touched(state.touches, occurredAt, state.days, model) : state.touches,
    attributes: event.attributes.reduce(
      (known, set) => withAttribute(known, { ...set, at: occurredAt }),
      state.attributes,
    ),
    referrals: kind === 'referral_made' ? { ...state.referrals, made: state.referrals.made + 1 } : state.referrals,
    totals: costMinor === 0 ? state.totals : { ...state.totals, [costs]: state.totals[costs] + costMinor },
    weeks:
      costMinor === 0 || costs === 'acquisitionMinor'
        ? state.weeks
        : addToWeek(state.weeks, occurredAt, { [costs]: costMinor }, clock),
  };
}

function costOf({ costMinor, currency, occurredAt }: Interaction, model: Model): number {
  return costMinor === null || currency === null ? 0 : (convertMinor(costMinor, currency, occurredAt, model) ?? 0);
}

function withComplaint(complaints: Complaints, { kind, occurredAt, lossReason }: Interaction): Complaints {
  if (kind === 'complaint_resolved') return { ...complaints, resolved: complaints.resolved + 1 };
  if (kind !== 'complaint') return complaints;
  const opened = complaints.opened + 1;
  const { lastAt } = complaints;
  const isNewest = lastAt === null || occurredAt > lastAt;
  const isRival = occurredAt === lastAt && (lossReason ?? '') > (complaints.lossReason ?? '');
  return isNewest || isRival ? { ...complaints, opened, lastAt: occurredAt, lossReason } : { ...complaints, opened };
}

/** Weights of a week older than the ones that count are dropped with it. */
function engaged(
  weeks: readonly EngagementWeek[],
  week: number,
  weight: number,
  asOf: number,
  { anchorAt }: Pick<CustomerState, 'anchorAt'>,
): readonly EngagementWeek[] {
  if (weight === 0) return weeks;
  const oldest = weekOf(asOf, anchorAt) - engagementWeeks + 1;
  if (week < oldest) return weeks;
  const alive = weeks.filter((one) => one.week >= oldest);
  const index = alive.findIndex((one) => one.week >= week);
  const known = alive[index];
  if (known?.week === week) return alive.with(index, { week, weight: known.weight + weight });
  return alive.toSpliced(index === -1 ? alive.length : index, 0, { week, weight });
}

/** Engagement at an instant: the weights of its week and the twelve before. */
export function engagementAt({ engagement, anchorAt }: CustomerState, asOf: number): number {
  const now = weekOf(asOf, anchorAt);
  return engagement.reduce(
    (sum, { week, weight }) => (week > now - engagementWeeks && week <= now ? sum + weight : sum),
    0,
  );
}

/** Adds a channel code to those used. */
export function withChannel(channels: readonly string[], channel: string | null): readonly string[] {
  if (channel === null || channel === '' || channels.includes(channel)) return channels;
  return [...channels, channel].sort().slice(0, channelsMax);
}

function earliest(known: Acquisition, { occurredAt, acquisitionSource, referrerId }: Interaction): Acquisition {
  const told = { at: occurredAt, source: acquisitionSource, referrerId };
  if (known.at === null || occurredAt < known.at) return told;
  const isRival = occurredAt === known.at && sortKey(told) < sortKey(known);
  return isRival ? told : known;
}

function sortKey({ source, referrerId }: Pick<Acquisition, 'source' | 'referrerId'>): string {
  return JSON.stringify([source, referrerId]);
}

function withAttribute(attributes: readonly AttributeValue[], set: AttributeValue): readonly AttributeValue[] {
  const index = attributes.findIndex(({ name }) => name >= set.name);
  const known = attributes[index];
  if (known?.name !== set.name) return attributes.toSpliced(index === -1 ? attributes.length : index, 0, set);
  const isNewer = set.at > known.at || (set.at === known.at && set.value > known.value);
  return isNewer ? attributes.with(index, set) : attributes;
}

function touched(touches: Touches, at: number, days: readonly PurchaseDay[], model: Model): Touches {
  const index = touches.recent.findIndex((touch) => touch.at > at);
  const touch = { at, isAnswered: false };
  const recent = touches.recent.toSpliced(index === -1 ? touches.recent.length : index, 0, touch);
  const [oldest] = recent;
  if (oldest === undefined || recent.length <= touchesMax) return { ...touches, recent };
  return {
    olderCount: touches.olderCount + 1,
    olderAnswered: touches.olderAnswered + (isAnswered(oldest, days, model) ? 1 : 0),
    recent: recent.slice(1),
  };
}

type Touch = Touches['recent'][number];

function isAnswered(touch: Touch, days: readonly PurchaseDay[], model: Model): boolean {
  return touch.isAnswered || days.some((day) => isOccasion(day) && answers(touch, day, model));
}

function answers({ at }: Touch, { firstAt }: PurchaseDay, { touchWindowDays }: Model): boolean {
  return at <= firstAt && firstAt <= at + touchWindowDays * dayMs;
}

/** Settles the touches that a purchase day answers which is about to leave the exact ones. */
export function settled(touches: Touches, day: PurchaseDay, model: Model): Touches {
  if (!isOccasion(day) || !touches.recent.some((touch) => !touch.isAnswered && answers(touch, day, model)))
    return touches;
  const recent = touches.recent.map((touch) =>
    answers(touch, day, model) ? { at: touch.at, isAnswered: true } : touch,
  );
  return { ...touches, recent };
}

/** Touches so far, and those whose next purchase day began within the model's window after them. */
export function touchCounts(
  { touches, days }: CustomerState,
  model: Model,
): { readonly count: number; readonly answered: number } {
  const answered = touches.recent.filter((touch) => isAnswered(touch, days, model)).length;
  return { count: touches.olderCount + touches.recent.length, answered: touches.olderAnswered + answered };
}
