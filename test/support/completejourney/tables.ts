// The Complete Journey files as rows of text, and what the tests made up beside them: costs and channels. Shared by the events that are
// sent and by the batch script they are compared with, so it interprets nothing.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { z } from 'zod';

const directory = join(import.meta.dirname, '../../fixtures/completejourney');

/** Path of the model file of these tests. */
export const modelPath = join(directory, 'model.yaml');

/** Path of a file of the data set. */
export function fixture(name: string): string {
  return join(directory, `${name}.csv.gz`);
}

function rows<Row extends z.ZodType>(name: string, row: Row): z.output<Row>[] {
  const text = gunzipSync(readFileSync(fixture(name)));
  return z.array(row).parse(parse(text, { columns: true }));
}

const line = z.object({
  household_id: z.string(),
  product_id: z.string(),
  store_id: z.string(),
  quantity: z.string(),
  sales_value: z.string(),
  retail_disc: z.string(),
  coupon_disc: z.string(),
  coupon_match_disc: z.string(),
  transaction_timestamp: z.string(),
});
export type Line = z.output<typeof line>;

export interface Tables {
  readonly lines: readonly Line[];
  /** Category by product; none where the file has none. */
  readonly categories: ReadonlyMap<string, string>;
  /** Campaigns a household was sent, with their first day. */
  readonly touches: readonly { readonly household: string; readonly campaign: string; readonly day: string }[];
  readonly redemptions: readonly { readonly household: string; readonly campaign: string; readonly day: string }[];
}

/** Reads the campaigns sent and the coupons redeemed. */
export function readContacts(): Pick<Tables, 'touches' | 'redemptions'> {
  const campaigns = rows('campaign_descriptions', z.object({ campaign_id: z.string(), start_date: z.string() }));
  const firstDays = new Map(campaigns.map((one) => [one.campaign_id, one.start_date]));
  const sent = rows('campaigns', z.object({ campaign_id: z.string(), household_id: z.string() }));
  const redeemed = rows(
    'coupon_redemptions',
    z.object({ household_id: z.string(), campaign_id: z.string(), redemption_date: z.string() }),
  );
  return {
    touches: sent.map((one) => ({
      household: one.household_id,
      campaign: one.campaign_id,
      day: firstDays.get(one.campaign_id) ?? '',
    })),
    redemptions: redeemed.map((one) => ({
      household: one.household_id,
      campaign: one.campaign_id,
      day: one.redemption_date,
    })),
  };
}

/** Reads all of it; a second or two. */
export function readTables(): Tables {
  const products = rows('products', z.object({ product_id: z.string(), product_category: z.string() }));
  return {
    lines: rows('transactions', line),
    categories: new Map(products.map((one) => [one.product_id, one.product_category])),
    ...readContacts(),
  };
}

/** The file has no costs: purchases in stores with an even number come with these, 70 % goods and 5 cents logistics. Nor channels. */
export const madeUp = {
  goodsShare: 0.7,
  logisticsCents: 5,
  hasCosts: (store: string) => Number(store) % 2 === 0,
  channel: (store: string) => `store-${Number(store) % 3}`,
};
/** Cents a touch and a redemption cost. */
export const contactCents = { touch: 25, redemption: 10 };
