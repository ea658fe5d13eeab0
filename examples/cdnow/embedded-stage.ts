/**
 * The demo without a Kafka: the same service, codec and domain on the in-memory transport, in this process. Nothing
 * survives it, so it shows what Clientele says, not what it guarantees.
 */
import { PassThrough } from 'node:stream';
import { createInputEncoder } from '../../src/adapters/avro/input-encoder.ts';
import { contractType, schemaText } from '../../src/adapters/avro/types.ts';
import { systemClock } from '../../src/adapters/clock.ts';
import { createLogger } from '../../src/adapters/log/logger.ts';
import { MemoryBroker } from '../../src/adapters/memory/broker.ts';
import { MemorySchemaRegistry } from '../../src/adapters/memory/schema-registry.ts';
import { MemoryGroup, memoryProducers } from '../../src/adapters/memory/transport.ts';
import { packageVersion } from '../../src/cli/version.ts';
import { loadConfig } from '../../src/config.ts';
import type { TierChanged } from '../../src/domain/contracts.ts';
import { runService, type Transport } from '../../src/main.ts';
import { inputNames } from '../../src/pipeline/ports.ts';
import { subjectOf, topicNames } from '../../src/pipeline/topics.ts';
import { partitions, type RunningService, type Stage, type StageOptions, type Watcher } from './stage.ts';

const topics = topicNames('');
/** How often the watcher looks for committed records, ms. */
const watchEveryMs = 5;
const headerBytes = 5;

/** Opens the embedded stage; nothing is started outside this process. */
export function openEmbeddedStage({ modelPath }: StageOptions): Stage {
  const clock = systemClock();
  const broker = new MemoryBroker(() => clock.now());
  for (const topic of Object.values(topics)) broker.createTopic(topic, partitions);
  const registry = new MemorySchemaRegistry();
  for (const name of [...inputNames, 'changelog', 'tierChanged', 'lifecycleChanged', 'profile'] as const) {
    registry.register(subjectOf(topics[name]), schemaText(name));
  }
  const group = new MemoryGroup(broker, topics);
  const transport: Transport = {
    partitionCounts: (names) => Promise.resolve(new Map(names.map((name) => [name, broker.partitionCount(name)]))),
    tombstonesKeptMs: () => Promise.resolve(null),
    consumer: () => group.consumer(clock),
    producers: memoryProducers(broker, topics, 'demo'),
    source: registry,
  };
  return {
    description: `EMBEDDED: in memory, one process, not durable, no Kafka; ${partitions} partitions`,
    startService: () => startInside(transport, modelPath),
    watch: (onChange) => Promise.resolve(watch(broker, onChange)),
    openTarget: async () => {
      const schemaId = await registry.idOf(subjectOf(topics.purchases), schemaText('purchases'));
      const target = {
        partitionCount: partitions,
        send: (
          records: readonly {
            partition: number;
            key: Buffer;
            value: Buffer | null;
            headers: Readonly<Record<string, string>>;
          }[],
        ) => {
          for (const { partition, ...record } of records) broker.append(topics.purchases, partition, record);
          return clock.yieldNow();
        },
      };
      return { target, encode: createInputEncoder('purchases', schemaId), close: () => Promise.resolve() };
    },
    close: () => Promise.resolve(),
  };
}

async function startInside(transport: Transport, modelPath: string): Promise<RunningService> {
  const clock = systemClock();
  const config = loadConfig(
    {
      // Not used: the transport is in memory.
      KAFKA_BROKERS: '127.0.0.1:1',
      SCHEMA_REGISTRY_URL: 'http://127.0.0.1:1',
      CLIENTELE_MODEL: modelPath,
      CLIENTELE_HTTP: '127.0.0.1:0',
      CLIENTELE_API: '127.0.0.1:0',
      CLIENTELE_IDLE_COMMIT_MS: '500',
    },
    '.',
  );
  const stdout = new PassThrough();
  const stopping = new AbortController();
  const logger = createLogger({ level: 'error', base: { app: 'demo' } });
  const ended = runService(config, {
    transport,
    clock,
    logger,
    stdout,
    stop: stopping.signal,
    acceptDeadLetters: new Set(),
    version: packageVersion(),
  });
  const failed = ended.then((): never => {
    throw new Error('the service ended by itself');
  });
  failed.catch(() => undefined);
  const ready = new Promise<string>((resolve) => {
    stdout.once('data', (chunk: Buffer) => resolve(chunk.toString().trim().slice('ready '.length)));
  });
  const url = await Promise.race([ready, failed]);
  return {
    url,
    failed,
    stop: () => {
      stopping.abort();
      return ended;
    },
  };
}

function watch(broker: MemoryBroker, onChange: (change: TierChanged) => void): Watcher {
  const type = contractType('tierChanged');
  const positions = Array.from({ length: partitions }, () => 0);
  const timer = setInterval(() => {
    for (const [partition, position] of positions.entries()) {
      const { records, nextOffset } = broker.fetch(topics.tierChanged, partition, position, 10_000);
      positions[partition] = nextOffset;
      for (const { value } of records)
        if (value !== null) onChange(type.fromBuffer(value.subarray(headerBytes)) as TierChanged);
    }
  }, watchEveryMs);
  return {
    failed: new Promise<never>(() => undefined),
    close: () => {
      clearInterval(timer);
      return Promise.resolve();
    },
  };
}
