/**
 * A real Kafka, and a schema registry beside it, on this machine: for the demo, the tests and the bench.
 * Not for production: one broker, one copy, no security.
 *
 * Providers, the first that can: services named in the environment; Docker; Java with jars from Maven Central.
 * `CLIENTELE_STACK=environment|docker|java` allows only that one.
 */
import { startWithDocker } from './docker.ts';
import { startFromEnvironment } from './environment.ts';
import { startWithJava } from './java.ts';
import {
  NoProviderError,
  ProviderMissingError,
  type LocalStack,
  type ProviderName,
  type StackOptions,
} from './types.ts';

export { runKafkaTool } from './tools.ts';
export * from './types.ts';

const providers: readonly (readonly [ProviderName, (options: StackOptions) => Promise<LocalStack>])[] = [
  ['environment', startFromEnvironment],
  ['docker', startWithDocker],
  ['java', startWithJava],
];

/**
 * Starts (or finds) the services `options.need` names and resolves once they answer.
 * Rejects: NoProviderError when no provider can be used here; any other error when one could and failed.
 */
export async function startStack(options: StackOptions): Promise<LocalStack> {
  const only = process.env['CLIENTELE_STACK'] ?? '';
  const allowed = providers.filter(([name]) => only === '' || name === only);
  if (allowed.length === 0) throw new Error(`CLIENTELE_STACK=${only}: use environment, docker or java`);
  const reasons: string[] = [];
  for (const [name, start] of allowed) {
    try {
      return await start(options);
    } catch (error) {
      const isLast = name === allowed.at(-1)?.[0];
      // A daemon that answers but cannot give the images (no way to their registry) leaves Java to try.
      if (!(error instanceof ProviderMissingError) && (name !== 'docker' || isLast)) throw error;
      const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
      reasons.push(`${name}: ${reason}`);
      if (name === 'docker' && !(error instanceof ProviderMissingError))
        options.log?.(`Docker: ${reason}; trying Java`);
    }
  }
  throw new NoProviderError(
    [
      'No Kafka can be had on this machine. Three ways to one:',
      '  1. name a running one: KAFKA_BROKERS=host:9092 SCHEMA_REGISTRY_URL=http://host:8081',
      '  2. start Docker (the images apache/kafka and apicurio/apicurio-registry are used)',
      '  3. install Java 17 or newer and Maven (jars come from Maven Central, once)',
      ...reasons.map((reason) => `  tried ${reason}`),
    ].join('\n'),
  );
}
