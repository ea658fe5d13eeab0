/**
 * The installation that the environment names, for commands that ask or mend it beside the service: where its broker and
 * registry are, the names of its topics, and a codec that learns writer schemas. Nothing is opened on Kafka here.
 */
import { openCodec } from '../adapters/avro/codec.ts';
import { systemClock } from '../adapters/clock.ts';
import type { KafkaEndpoint } from '../adapters/kafka/client.ts';
import { partitionCountsOf } from '../adapters/kafka/topic-counts.ts';
import { createLogger } from '../adapters/log/logger.ts';
import { loadConfig, type Config } from '../config.ts';
import type { Clock, Codec } from '../pipeline/ports.ts';
import type { SchemaSource } from '../pipeline/schema-source.ts';
import { judgePartitions, serviceTopics } from '../pipeline/start.ts';
import { topicNames, writtenSubjects, type TopicNames } from '../pipeline/topics.ts';
import type { CommandContext } from './frame.ts';
import { kafkaEndpoint, schemaSource } from './transport.ts';

export interface NamedInstallation {
  readonly config: Config;
  readonly endpoint: KafkaEndpoint;
  readonly names: TopicNames;
  readonly clock: Clock;
  /** The registry; not asked before it is used. */
  readonly source: SchemaSource;
}

/** Returns what the environment names. Throws: ConfigError. */
export function namedInstallation(context: CommandContext): NamedInstallation {
  const config = loadConfig(context.env, context.cwd);
  const clock = systemClock();
  const logger = createLogger({ level: 'error', base: { app: config.appId } });
  return {
    config,
    endpoint: kafkaEndpoint(config, logger),
    names: topicNames(config.topicPrefix),
    clock,
    source: schemaSource(config, clock),
  };
}

/** Opens the codec of an installation. Rejects: UnavailableError when the registry cannot be asked. */
export function openCodecOf({ source, clock, names }: NamedInstallation): Promise<Codec> {
  return openCodec({ source, clock, subjects: writtenSubjects(names) });
}

/** How many tasks an installation has. Rejects: what is wrong with the partitions of its topics; UnavailableError. */
export async function tasksOf({ endpoint, names }: NamedInstallation): Promise<number> {
  const counts = await partitionCountsOf(
    endpoint,
    serviceTopics.map((key) => names[key]),
  );
  return judgePartitions(counts, names).tasks;
}
