/**
 * What people may ask of a running service, answered from committed states: a customer, why, what happened lately, and
 * what a sample of all customers here is expected to do. Nothing here waits for Kafka, nothing changes a state.
 *
 * I1 Whether a task may be read is asked in the same turn in which it is read: an answer is never older than that.
 * I2 A customer is judged at task time, or at the instant last judged when that is later: unread events may be before now.
 */
import type { CustomerState, Profile } from '../domain/contracts.ts';
import { explain, type Explanation } from '../domain/explain.ts';
import { hash128 } from '../domain/math/murmur3.ts';
import type { Model } from '../domain/model.ts';
import { profileOf } from '../domain/profile.ts';
import { partitionOf } from './murmur2.ts';
import type { Clock, GroupConsumer } from './ports.ts';
import type { Published } from './recent.ts';
import type { Service } from './service.ts';
import type { TaskReading } from './task.ts';

/** An answer, or where to ask. */
export type LookUp<T> =
  | { readonly kind: 'found'; readonly value: T }
  /** No event of this customer was ever applied. */
  | { readonly kind: 'unknown' }
  /** Another member has the task. */
  | { readonly kind: 'elsewhere'; readonly address: string }
  /** Nobody can say now. */
  | { readonly kind: 'not_now'; readonly why: NotNow };

/**
 * `unconfirmed`: the group has not said lately that this process still has the task; `taking_over`: it has, and reads;
 * `owner_unknown`: another one has it, and the group does not say which.
 */
export type NotNow = 'unconfirmed' | 'taking_over' | 'owner_unknown';

export interface Timeline {
  readonly customerId: string;
  /** Numbers of the newest transitions by topic: more than are listed = earlier ones are on the topics. */
  readonly sequences: Profile['sequences'];
  /** Newest first. */
  readonly transitions: readonly Published[];
}

/** Counts of a sample. Shares of it are shares of all customers of `partitions`, within the error of its size. */
export interface Forecasts {
  /** Epoch ms. */
  readonly asOf: number;
  /** Tasks that could be read here. */
  readonly partitions: readonly number[];
  readonly customers: number;
  readonly sampled: number;
  /** Customers of the sample by tier id and by lifecycle stage; `none` = no purchase so far. */
  readonly tiers: Readonly<Record<string, number>>;
  readonly stages: Readonly<Record<string, number>>;
  readonly horizonDays: number;
  /** Customers of the sample by tenth of the probability, [0, .1) first, [.9, 1] last; those without a forecast left out. */
  readonly pAlive: readonly number[];
  readonly pBuy: readonly number[];
  /** Sums over the sample, within the horizon. */
  readonly expectedPurchases: number;
  readonly expectedRevenueMinor: number;
  readonly currency: string;
}

/** Customers in the sample of one process. */
const sampleMax = 2_000;
/** Keys looked at, or customers judged, between turns of the event loop: a few milliseconds. */
const keysPerSlice = 2_000;
const judgedPerSlice = 25;
/** A sample answers for this long, ms: asking more often costs nothing. */
const sampleAgeMs = 60_000;

export interface LookUpDeps {
  readonly service: Pick<Service, 'reading' | 'status'>;
  readonly consumer: Pick<GroupConsumer, 'addressOf' | 'confirmed'>;
  readonly partitions: number;
  /** Where this process answers look-ups, `host:port`. */
  readonly address: string;
  readonly model: Model;
  readonly clock: Clock;
}

interface Found {
  readonly reading: TaskReading;
  readonly state: CustomerState;
  readonly asOf: number;
}

export class LookUps {
  private readonly deps: LookUpDeps;
  private sample: { readonly forecasts: Promise<Forecasts>; readonly madeAtMs: number } | null = null;

  constructor(deps: LookUpDeps) {
    this.deps = deps;
  }

  profile(customerId: string): LookUp<Profile> {
    return this.ask(customerId, ({ state, asOf }) => profileOf(state, this.deps.model, asOf));
  }

  explanation(customerId: string): LookUp<Explanation> {
    return this.ask(customerId, ({ state, asOf }) => explain(state, this.deps.model, asOf));
  }

  timeline(customerId: string): LookUp<Timeline> {
    return this.ask(customerId, ({ state, reading }) => ({
      customerId,
      sequences: state.sequences,
      transitions: reading.recent.of(customerId),
    }));
  }

  /** Judges a sample anew when the last one is older than a minute. */
  forecasts(): Promise<Forecasts> {
    const nowMs = this.deps.clock.now();
    if (this.sample === null || nowMs - this.sample.madeAtMs >= sampleAgeMs) {
      const forecasts = this.judgeSample();
      forecasts.catch(() => (this.sample = null));
      this.sample = { forecasts, madeAtMs: nowMs };
    }
    return this.sample.forecasts;
  }

  private ask<T>(customerId: string, answer: (found: Found) => T): LookUp<T> {
    const partition = partitionOf(Buffer.from(customerId), this.deps.partitions);
    const reading = this.deps.service.reading(partition);
    if (reading === null) return ownerOf(partition, this.deps.consumer, this.deps.address);
    const state = reading.states.get(customerId);
    if (state === undefined) return { kind: 'unknown' };
    return { kind: 'found', value: answer({ reading, state, asOf: asOfOf(reading, state.evaluatedTo) }) };
  }

  private async judgeSample(): Promise<Forecasts> {
    const { clock, service, model } = this.deps;
    const partitions = service
      .status()
      .tasks.map(({ partition }) => partition)
      .filter((partition) => service.reading(partition) !== null);
    const chosen = await this.choose(partitions);
    const tally = new Tally();
    let judged = 0;
    for (const { partition, customerId } of chosen) {
      const reading = service.reading(partition);
      const state = reading?.states.get(customerId);
      if (reading === null || state === undefined) continue;
      tally.count(profileOf(state, model, asOfOf(reading, state.evaluatedTo)));
      judged += 1;
      if (judged % judgedPerSlice === 0) await clock.yieldNow();
    }
    const sizes = partitions.map((partition) => service.reading(partition)?.states.size ?? 0);
    const { horizonDays, currency } = model;
    const customers = sizes.reduce((sum, size) => sum + size, 0);
    return { asOf: clock.now(), partitions, customers, horizonDays, currency, ...tally.result() };
  }

  /** Customers with the smallest hashes of their ids: as good as drawn by lot, and the same ones each time. */
  private async choose(partitions: readonly number[]): Promise<readonly Chosen[]> {
    const { clock, service } = this.deps;
    let chosen: Chosen[] = [];
    let limit = Infinity;
    let seen = 0;
    for (const partition of partitions) {
      for (const customerId of service.reading(partition)?.states.keys() ?? []) {
        const hash = hash128(customerId)[0] >>> 0;
        if (hash < limit) chosen.push({ partition, customerId, hash });
        if (chosen.length >= 2 * sampleMax) {
          chosen = smallest(chosen);
          limit = chosen.at(-1)?.hash ?? Infinity;
        }
        seen += 1;
        if (seen % keysPerSlice !== 0) continue;
        await clock.yieldNow();
        if (service.reading(partition) === null) break;
      }
    }
    return smallest(chosen);
  }
}

/** Where to ask for a task that cannot be read here, in a process at `address`; or why nobody can say. */
export function ownerOf(
  partition: number,
  consumer: LookUpDeps['consumer'],
  address: string,
): Extract<LookUp<never>, { kind: 'elsewhere' | 'not_now' }> {
  const owner = consumer.addressOf(partition);
  if (owner === null) return { kind: 'not_now', why: consumer.confirmed() ? 'owner_unknown' : 'unconfirmed' };
  if (owner !== address) return { kind: 'elsewhere', address: owner };
  return { kind: 'not_now', why: consumer.confirmed() ? 'taking_over' : 'unconfirmed' };
}

interface Chosen {
  readonly partition: number;
  readonly customerId: string;
  readonly hash: number;
}

function smallest(chosen: readonly Chosen[]): Chosen[] {
  return [...chosen].sort((a, b) => a.hash - b.hash).slice(0, sampleMax);
}

function asOfOf({ taskTimeMs }: TaskReading, evaluatedTo: number): number {
  return Math.max(taskTimeMs, evaluatedTo);
}

/** What a sample comes to. */
class Tally {
  private sampled = 0;
  private readonly tiers: Record<string, number> = {};
  private readonly stages: Record<string, number> = {};
  private readonly pAlive = tenths();
  private readonly pBuy = tenths();
  private expectedPurchases = 0;
  private expectedRevenueMinor = 0;

  count({ standing, forecast }: Profile): void {
    this.sampled += 1;
    add(this.tiers, standing.tier?.id ?? 'none');
    add(this.stages, standing.lifecycle ?? 'none');
    addTenth(this.pAlive, forecast?.pAlive ?? null);
    addTenth(this.pBuy, forecast?.pBuy ?? null);
    const purchases = forecast?.expectedPurchases ?? 0;
    this.expectedPurchases += purchases;
    this.expectedRevenueMinor += Math.round(purchases * (forecast?.expectedSpendMinor ?? 0));
  }

  result(): Omit<Forecasts, 'asOf' | 'partitions' | 'customers' | 'horizonDays' | 'currency'> {
    const { sampled, tiers, stages, pAlive, pBuy, expectedPurchases, expectedRevenueMinor } = this;
    return { sampled, tiers, stages, pAlive, pBuy, expectedPurchases, expectedRevenueMinor };
  }
}

function tenths(): number[] {
  return Array.from({ length: 10 }, () => 0);
}

function addTenth(counts: number[], probability: number | null): void {
  if (probability === null) return;
  const at = Math.min(9, Math.floor(probability * 10));
  counts[at] = (counts[at] ?? 0) + 1;
}

function add(counts: Record<string, number>, of: string): void {
  counts[of] = (counts[of] ?? 0) + 1;
}
