/**
 * How every command reaches the brokers and the registry that its configuration names: one way, whatever it does there.
 * Nothing is connected before it is used.
 */
import type { KafkaEndpoint } from '../adapters/kafka/client.ts';
import { RegistryAdmin } from '../adapters/registry/admin.ts';
import { ConfluentSource } from '../adapters/registry/confluent.ts';
import { GuardedSource } from '../adapters/registry/guard.ts';
import type { Config } from '../config.ts';
import { connectionOf } from '../connection.ts';
import type { Clock, Logger } from '../pipeline/ports.ts';
import type { SchemaSource } from '../pipeline/schema-source.ts';

/** The brokers of a configuration. */
export function kafkaEndpoint(config: Config, logger: Logger): KafkaEndpoint {
  return { brokers: config.kafkaBrokers, logger, security: connectionOf(config).kafka };
}

/** Look-ups in the registry of a configuration. */
export function schemaSource(config: Config, clock: Clock): SchemaSource {
  return new GuardedSource(new ConfluentSource(config.schemaRegistryUrl, connectionOf(config).registry()), clock);
}

/** Changes to the registry of a configuration. */
export function registryAdmin(config: Config): RegistryAdmin {
  return new RegistryAdmin(config.schemaRegistryUrl, connectionOf(config).registry());
}
