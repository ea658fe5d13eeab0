/** Provider `environment`: services somebody else runs, named by KAFKA_BROKERS and SCHEMA_REGISTRY_URL. */
import { assembleStack } from './assemble.ts';
import { brokerAnswers, registryAnswers } from './net.ts';
import { ProviderMissingError, type LocalStack, type StackOptions } from './types.ts';

/**
 * Uses the services named by the environment.
 * Throws: ProviderMissingError when they are not named; a plain Error when they are named and do not answer,
 * since falling back to another broker would test something else than what was asked for.
 */
export async function startFromEnvironment(options: StackOptions): Promise<LocalStack> {
  const brokers = (process.env['KAFKA_BROKERS'] ?? '').split(',').filter((address) => address !== '');
  const registryUrl = (process.env['SCHEMA_REGISTRY_URL'] ?? '').replace(/\/+$/, '');
  if (brokers.length === 0) throw new ProviderMissingError('KAFKA_BROKERS is not set');
  const answers = await Promise.all(brokers.map((address) => brokerAnswers(address, false)));
  if (!answers.includes(true)) throw new Error(`KAFKA_BROKERS=${brokers.join(',')}: no broker answers there`);
  if (options.need === 'kafka+registry') {
    if (registryUrl === '') throw new Error('KAFKA_BROKERS is set, SCHEMA_REGISTRY_URL is not: both are needed');
    if (!(await registryAnswers(registryUrl))) throw new Error(`SCHEMA_REGISTRY_URL=${registryUrl} does not answer`);
  }
  options.log?.(`Kafka: using KAFKA_BROKERS=${brokers.join(',')}`);
  return assembleStack({
    handle: { provider: 'environment', brokers, registryUrl },
    broker: null,
    registry: null,
    dispose: () => Promise.resolve(),
  });
}
