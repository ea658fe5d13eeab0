// The corpus and the fuzzer on the in-memory transport: a driver that knows the schemas, and writing to it.
import { rmSync } from 'node:fs';
import { contractType, schemaText } from '../../../src/adapters/avro/types.ts';
import { inputNames, type RawRecord } from '../../../src/pipeline/ports.ts';
import { subjectOf } from '../../../src/pipeline/topics.ts';
import { PipelineDriver, startMs, topics } from '../pipeline-driver.ts';
import { foreignSchema, incompatibleSchema, type CorpusContext, type CorpusRecord } from './draft.ts';
import { writeCorpusModel } from './model.ts';

/** A broker, a registry and a model in memory, and what drafts must know of them. */
export function openMemoryRun(partitions: number): {
  readonly driver: PipelineDriver;
  readonly context: CorpusContext;
} {
  const { directory, path } = writeCorpusModel();
  const driver = new PipelineDriver(partitions, path);
  rmSync(directory, { recursive: true });
  const idOf = (name: (typeof inputNames)[number]): number =>
    driver.registry.register(subjectOf(topics[name]), schemaText(name));
  const context = {
    partitions,
    nowMs: startMs,
    schemaIds: { purchases: idOf('purchases'), interactions: idOf('interactions'), surveys: idOf('surveys') },
    incompatibleId: driver.registry.register('incompatible-value', incompatibleSchema()),
    foreignId: driver.registry.register('foreign-value', foreignSchema()),
    unknownId: 1_900_000_000,
  };
  return { driver, context };
}

/** Appends a record; returns its offset. Headers without a value do not exist in memory. */
export function append(driver: PipelineDriver, { input, partition, key, value, headers }: CorpusRecord): number {
  const pairs = Object.entries(headers).flatMap(([name, given]) => (Buffer.isBuffer(given) ? [[name, given]] : []));
  return driver.broker.append(topics[input], partition, { key, value, headers: Object.fromEntries(pairs) as never });
}

/** Everything committed to a topic, over its partitions. */
export function readAll(driver: PipelineDriver, topic: string): readonly RawRecord[] {
  return Array.from({ length: driver.partitions }, (_, partition) => driver.read(topic, partition)).flat();
}

/** Customers that have a state, by id, with how many events of each input it holds. */
export function customersOf(records: readonly Pick<RawRecord, 'key' | 'value'>[]): ReadonlyMap<string, EventCounts> {
  const customers = new Map<string, EventCounts>();
  for (const { key, value } of records) {
    const id = key?.toString() ?? '';
    if (!id.startsWith('c:') || value === null) continue;
    const { entry } = contractType('changelog').fromBuffer(value.subarray(5)) as { entry: Record<string, unknown> };
    const state = Object.values(entry)[0] as StateParts;
    customers.set(id.slice(2), {
      purchases: state.purchaseRing.entries.length,
      interactions: state.interactionRing.entries.length,
      surveys: state.surveyRing.entries.length,
    });
  }
  return customers;
}

/** Events remembered by input. */
export type EventCounts = Readonly<Record<(typeof inputNames)[number], number>>;

type StateParts = Readonly<Record<'purchaseRing' | 'interactionRing' | 'surveyRing', { readonly entries: unknown[] }>>;
