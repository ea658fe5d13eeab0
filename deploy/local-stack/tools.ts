/**
 * Kafka's own command-line tools, run by their Java class against any stack: an independent reader and judge for tests
 * (`org.apache.kafka.tools.consumer.ConsoleConsumer`, `…TransactionsCommand`, `…DeleteRecordsCommand`,
 * `…DumpLogSegments`), never part of the product.
 */
import { findJava, kafkaJars } from './jars.ts';
import { runCommand } from './run-command.ts';
import type { StackHandle, ToolOptions, ToolResult } from './types.ts';

/** Address under which a containerised broker answers inside its own container. */
export const insideContainer = '127.0.0.1:29092';

/**
 * Runs `mainClass` with `args` to its end; any exit code resolves. An argument equal to the stack's brokers joined by
 * commas is translated for a tool that runs inside the broker's container.
 * Rejects: ProviderMissingError when there is neither a container nor Java.
 */
export async function runKafkaTool(
  stack: StackHandle,
  mainClass: string,
  args: readonly string[],
  options: ToolOptions = {},
): Promise<ToolResult> {
  if (stack.brokerContainer !== undefined) {
    const { execInContainer } = await import('./docker.ts');
    const brokers = stack.brokers.join(',');
    const translated = args.map((argument) => (argument === brokers ? insideContainer : argument));
    return execInContainer(stack.brokerContainer, ['/opt/kafka/bin/kafka-run-class.sh', mainClass, ...translated]);
  }
  const java = await findJava();
  const jars = await kafkaJars(() => undefined);
  const quiet = [
    '-Xmx256m',
    '-XX:TieredStopAtLevel=1',
    '-XX:+UseSerialGC',
    '-Dorg.slf4j.simpleLogger.defaultLogLevel=error',
  ];
  return runCommand(java, [...quiet, '-cp', `${jars}/*`, mainClass, ...args], options);
}
