// The Complete Journey as events: each row of the transactions a purchase, as the preset of `clientele import` reads it, with
// the costs and channels the tests made up; each campaign sent and each coupon redeemed an interaction, as a shop would send it.
import { resolveMapping } from '../../../src/adapters/csv/mapping.ts';
import { readEvents } from '../../../src/adapters/csv/read-events.ts';
import type { Interaction, Purchase } from '../../../src/domain/contracts.ts';
import { contactCents, fixture, madeUp, type Tables } from './tables.ts';

/** The rows of the transactions as the preset reads them, in the order of their instants. */
export async function rowPurchases(): Promise<Purchase[]> {
  const files = [fixture('transactions'), fixture('products')];
  const { events, refused } = await readEvents(files, resolveMapping('completejourney', {}));
  if (refused.length > 0) throw new Error(`the preset refuses ${refused.length} rows`);
  return events.flatMap((input) => (input.input === 'purchases' ? [input.event] : []));
}

/** The same rows with costs and channels. */
export async function purchases({ lines }: Tables): Promise<Purchase[]> {
  return (await rowPurchases()).map((event) => {
    const store = lines[Number(event.eventId.split(':')[1]) - 1]?.store_id ?? '';
    const costs = madeUp.hasCosts(store)
      ? { goodsMinor: Math.floor(event.amountMinor * madeUp.goodsShare), logisticsMinor: madeUp.logisticsCents }
      : null;
    return { ...event, costs, channel: madeUp.channel(store) };
  });
}

/** Interactions in the order of their instants, at noon of their day. */
export function interactions({ touches, redemptions }: Pick<Tables, 'touches' | 'redemptions'>): Interaction[] {
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
