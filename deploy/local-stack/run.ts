/** Starts a local stack for people and shells: prints its addresses as environment variables and stays until Ctrl-C. */
import { startStack } from './stack.ts';

const log = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

try {
  const stack = await startStack({ need: process.argv.includes('--kafka-only') ? 'kafka' : 'kafka+registry', log });
  const variables = [`KAFKA_BROKERS=${stack.brokers.join(',')}`];
  if (stack.registryUrl !== '') variables.push(`SCHEMA_REGISTRY_URL=${stack.registryUrl}`);
  process.stdout.write(`${variables.join(' ')}\n`);
  log('Running until Ctrl-C.');
  const keepAlive = setInterval(() => undefined, 1 << 30);
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve());
  });
  clearInterval(keepAlive);
  log('Stopping …');
  await stack.stop();
} catch (error) {
  log(error instanceof Error ? error.message : String(error));
  process.exitCode = 3;
}
