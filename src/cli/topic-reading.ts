/**
 * What commands need to read an installation's topics as people's questions do, beside the service: where the broker is, the
 * names of the topics and a codec that learns writer schemas. Nothing is opened on Kafka before a topic is read.
 */
import { openCodec } from '../adapters/avro/codec.ts';
import { systemClock } from '../adapters/clock.ts';
import type { KafkaEndpoint } from '../adapters/kafka/client.ts';
import { createLogger } from '../adapters/log/logger.ts';
import { ConfluentSource } from '../adapters/registry/confluent.ts';
import { GuardedSource } from '../adapters/registry/guard.ts';
import { loadConfig } from '../config.ts';
import type { Codec } from '../pipeline/ports.ts';
import { topicNames, writtenSubjects, type TopicNames } from '../pipeline/topics.ts';
import type { CommandContext } from './frame.ts';

export interface TopicReading {
  readonly endpoint: KafkaEndpoint;
  readonly names: TopicNames;
  readonly codec: Codec;
}

/** Opens what the environment names. Rejects: ConfigError; UnavailableError when the registry cannot be asked. */
export async function openTopicReading(context: CommandContext): Promise<TopicReading> {
  const config = loadConfig(context.env, context.cwd);
  const names = topicNames(config.topicPrefix);
  const clock = systemClock();
  const source = new GuardedSource(new ConfluentSource(config.schemaRegistryUrl), clock);
  const codec = await openCodec({ source, clock, subjects: writtenSubjects(names) });
  const logger = createLogger({ level: 'error', base: { app: config.appId } });
  return { endpoint: { brokers: config.kafkaBrokers, logger }, names, codec };
}
