/**
 * A year of 2,377 real households through a real Kafka: purchases as the preset of
 * `clientele import` reads them, with their categories, campaigns and coupons as interactions.
 * What the changelog then holds of every household is told as a Profile and compared with a batch script that shares no
 * code with the product (test/support/completejourney/batch.ts). Source of the data: test/fixtures/completejourney.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readModelFile } from '../../src/adapters/model-file.ts';
import type { CustomerState, Profile } from '../../src/domain/contracts.ts';
import type { Model } from '../../src/domain/model.ts';
import { checkModel } from '../../src/domain/model-check.ts';
import { profileOf } from '../../src/domain/profile.ts';
import { householdFacts, type HouseholdFacts } from '../support/completejourney/batch.ts';
import { interactions, purchases } from '../support/completejourney/events.ts';
import { modelPath, readTables } from '../support/completejourney/tables.ts';
import { Installation } from '../support/installation.ts';
import { stateOf } from '../support/packed.ts';

const partitions = 4;
const households = 2_377;
let installation: Installation;
let model: Model;
let expected: Map<string, HouseholdFacts>;
const states = new Map<string, CustomerState>();
/** The instant of the last purchase: all of the year is still inside the trailing one. */
let asOf: number;

beforeAll(async () => {
  const settings = { CLIENTELE_MODEL: modelPath, CLIENTELE_MERGE_WAIT_MS: '60000' };
  installation = await Installation.create({ name: 'journey', partitions, settings });
  const file = readModelFile(modelPath, checkModel);
  if (!file.ok) throw new Error(JSON.stringify(file.faults));
  ({ model } = file);
  const tables = readTables();
  const bought = await purchases(tables);
  asOf = bought.at(-1)?.occurredAt ?? NaN;
  expected = householdFacts(tables, asOf);
  await installation.write('purchases', bought);
  await installation.write(
    'interactions',
    interactions(tables).filter(({ occurredAt }) => occurredAt <= asOf),
  );
  const service = installation.start();
  await service.url();
  await installation.settled(120_000);
  service.kill('SIGTERM');
  expect(await service.exited).toBe(0);
  const { changelog, deadLetters } = await installation.evidence();
  expect(deadLetters.map(({ headers }) => headers['clientele.reason'])).toEqual([]);
  for (const { key, value } of changelog) {
    if (key?.toString().startsWith('c:') === true) states.set(key.toString().slice(2), stateOf(value));
  }
});
afterAll(() => installation.close());

type Facts = Readonly<Record<keyof HouseholdFacts, unknown>>;

/** A Profile in the batch script's words. */
function told({ purchase, value, engagement, loyalty }: Profile): Facts {
  return {
    days: purchase?.days,
    revenueCents: purchase?.revenueMinor,
    windowDays: purchase?.windowDays,
    windowRevenueCents: purchase?.windowRevenueMinor,
    firstAt: purchase?.firstAt,
    lastAt: purchase?.lastAt,
    profitCents: value?.profitMinor,
    assumedCostShare: value?.assumedCostShare,
    historicCents: value?.clvHistoricMinor,
    recency: purchase?.rfm?.recency,
    frequency: purchase?.rfm?.frequency,
    monetary: purchase?.rfm?.monetary,
    segment: purchase?.rfm?.segment,
    grid: purchase?.rfm?.grid,
    categories: loyalty?.categories,
    topShares: purchase?.topCategories.map(({ share }) => share),
    meanBasketCents: purchase?.meanBasketMinor,
    basketVariation: purchase?.basketStability,
    repurchaseRate: loyalty?.repurchaseRate,
    priceSensitivity: purchase?.priceSensitivity,
    promotionResponse: purchase?.promotionResponse,
    engagement: engagement?.weighted,
    touches: engagement?.touches,
    touchResponse: engagement?.touchResponse,
    channels: engagement?.channels,
  };
}

/** Where two values differ by more than two ways of summing the same doubles do. */
function differences(found: Facts, wanted: Facts): string[] {
  const isSame = (left: unknown, right: unknown): boolean => {
    if (Array.isArray(left) && Array.isArray(right))
      return left.length === right.length && left.every((one, index) => isSame(one, right[index]));
    if (typeof left !== 'number' || typeof right !== 'number') return left === right;
    return Math.abs(left - right) <= 1e-9 * Math.max(1, Math.abs(right));
  };
  return Object.entries(wanted).flatMap(([name, value]) => {
    const other = found[name as keyof HouseholdFacts];
    return isSame(other, value) ? [] : [`${name} ${JSON.stringify(other)}, expected ${JSON.stringify(value)}`];
  });
}

describe('a year of real households', () => {
  it('is known of each as a batch script recomputes it from the files', () => {
    expect(expected.size).toBe(households);
    const wrong = [...expected].flatMap(([household, wanted]) => {
      const state = states.get(household);
      if (state === undefined) return [`${household}: no state`];
      const found = told(profileOf(state, model, asOf));
      // Of a household with more categories than a state holds, the shares are of those it holds.
      const facts = state.categories.length === 64 ? { ...wanted, topShares: found.topShares } : wanted;
      return differences(found, facts).map((text) => `${household}: ${text}`);
    });
    expect(wrong).toEqual([]);
  });

  it('has what makes the comparison worth it', () => {
    const facts = [...expected.values()];
    const those = (holds: (one: HouseholdFacts) => boolean): number => facts.filter(holds).length;
    // Histories longer than the days a state keeps exactly, and wider than the categories it keeps.
    expect(those(({ days }) => days > 64)).toBeGreaterThan(50);
    expect(those(({ categories }) => categories === 64)).toBeGreaterThan(40);
    expect(those(({ touchResponse }) => touchResponse !== null && touchResponse > 0)).toBeGreaterThan(700);
    expect(those(({ engagement }) => engagement > 0)).toBeGreaterThan(400);
    expect(those(({ promotionResponse }) => promotionResponse !== null && promotionResponse < 1)).toBeGreaterThan(
      1_000,
    );
    expect(new Set(facts.map(({ segment }) => segment)).size).toBe(4);
    expect(new Set(facts.map(({ grid }) => grid)).size).toBe(8);
    expect(
      those(({ assumedCostShare }) => assumedCostShare !== null && assumedCostShare > 0 && assumedCostShare < 1),
    ).toBeGreaterThan(1_000);
    expect(those(({ profitCents, historicCents }) => profitCents !== historicCents)).toBeGreaterThan(20);
  });
});
