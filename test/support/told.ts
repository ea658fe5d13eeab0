/*
 * What an installation has told of its customers, read to the end of the three topics, committed only; and what a replay
 * tells of the same purchases, without a broker, a task or a clock.
 */
import { z } from 'zod';
import { contractType } from '../../src/adapters/avro/types.ts';
import { readTopic } from '../../src/adapters/kafka/whole-topic.ts';
import { readModelFile } from '../../src/adapters/model-file.ts';
import type { Purchase } from '../../src/domain/contracts.ts';
import { checkModel } from '../../src/domain/model-check.ts';
import type { Model } from '../../src/domain/model.ts';
import { Replay } from '../../src/domain/replay.ts';
import type { Transition } from '../../src/domain/step.ts';
import { silent, type Installation } from './installation.ts';
import { order } from './pipeline-driver.ts';
import { useStack } from './stack.ts';

const tellingTopics = ['tierChanged', 'lifecycleChanged', 'churnAlert'] as const;
const dayMs = 86_400_000;
/** Longer than any silence has something to tell. */
const farMs = 800 * dayMs;
const valueShape = z.looseObject({
  eventId: z.string(),
  customerId: z.string(),
  sequence: z.int(),
  effectiveAt: z.int(),
  recordedAt: z.int(),
  cause: z.string(),
  modelRevision: z.int(),
  supersedes: z.string().nullable(),
});

/** A transition as its topic holds it. */
export interface Told extends z.output<typeof valueShape> {
  readonly topic: Transition['topic'];
}

/** Everything told so far, by customer, topic and sequence. */
export async function toldBy(installation: Installation): Promise<readonly Told[]> {
  const endpoint = { brokers: useStack().brokers, logger: silent };
  const read = tellingTopics.map(async (topic) => {
    const found: Told[] = [];
    await readTopic(endpoint, installation.topics[topic], ({ value }) => {
      if (value === null) throw new Error(`a record of ${topic} has no value`);
      found.push({ topic, ...valueShape.parse(contractType(topic).fromBuffer(value.subarray(5))) });
      return Promise.resolve();
    });
    return found;
  });
  return (await Promise.all(read)).flat().sort((one, other) => (placeOf(one) < placeOf(other) ? -1 : 1));
}

/** What a replay tells of one customer whose purchases are given in order, with silence up to `untilMs` after them. */
export function foreseen(purchases: readonly Purchase[], untilMs: number, model: Model): readonly Told[] {
  const told: Told[] = [];
  const replay = new Replay(model, (transition) => told.push(asTold(transition)));
  for (const event of purchases) replay.take({ input: 'purchases', event });
  replay.playTo(untilMs);
  return told;
}

/** The value as it comes back from its topic; `recordedAt` is the effective instant: nothing can be told earlier. */
export function asTold({ topic, value }: Transition): Told {
  const type = contractType(topic);
  const read: unknown = type.fromBuffer(type.toBuffer({ ...value, recordedAt: value.effectiveAt }));
  return { topic, ...valueShape.parse(read) };
}

/** What a customer who should have bought would not have been told of. */
export function isAlarm({ topic, direction, status }: Told): boolean {
  if (topic === 'tierChanged') return direction === 'will_fall' || direction === 'down';
  return topic === 'churnAlert' && (status === 'opened' || status === 'escalated');
}

/**
 * Three purchases of customer `name`, of whom silence tells something that is `wanted` at `dueAt`, if the business days of the
 * model are of equal length; what it is depends on `variant`.
 */
export function historyDueAt(
  dueAt: number,
  {
    name,
    variant,
    model,
    wanted,
  }: {
    readonly name: string;
    readonly variant: number;
    readonly model: Model;
    readonly wanted: (told: Told) => boolean;
  },
): readonly Purchase[] {
  const lastPurchaseAt = (lastAt: number): readonly Purchase[] =>
    [70, 40, 0].map((days, index) => order(name, lastAt - days * dayMs, 6_000 + variant * 400, `${name}.${index}`));
  const anyAt = dueAt - farMs;
  const inSilence = foreseen(lastPurchaseAt(anyAt), dueAt, model).filter(({ effectiveAt }) => effectiveAt > anyAt);
  const instants = [...new Set(inSilence.filter(wanted).map(({ effectiveAt }) => effectiveAt))];
  return lastPurchaseAt(dueAt - (instants[variant % instants.length] ?? 0) + anyAt);
}

/** Customer, topic and sequence of each, in order. */
export function placeOf({ customerId, topic, sequence }: Told): string {
  return `${customerId} ${topic} ${String(sequence).padStart(6, '0')}`;
}

/**
 * Transitions as text, for comparing two runs: without what differs by right, which is when it was recorded, the import
 * it came with, and the difference between `activity` and `backfill`.
 */
export function compared(all: readonly Told[]): readonly string[] {
  return all
    .map((one) => {
      const cause = one.cause === 'backfill' ? 'activity' : one.cause;
      return `${placeOf(one)} ${JSON.stringify({ ...one, cause, recordedAt: 0, backfill: false, runId: null })}`;
    })
    .sort();
}

/** The model of an installation's services. */
export function modelOf({ modelPath }: Installation): Model {
  const file = readModelFile(modelPath, checkModel);
  if (!file.ok) throw new Error(file.faults.map(({ message }) => message).join('; '));
  return file.model;
}
