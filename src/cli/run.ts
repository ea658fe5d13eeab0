/**
 * `clientele run`: the service on Kafka, until SIGTERM or SIGINT. What it is made of is in main.ts.
 */
import { resolve } from 'node:path';
import { systemClock } from '../adapters/clock.ts';
import { createGroupConsumer } from '../adapters/kafka/consumer.ts';
import { createProducerFactory } from '../adapters/kafka/producer.ts';
import { tombstonesKeptMs } from '../adapters/kafka/tombstones.ts';
import { partitionCountsOf } from '../adapters/kafka/topic-counts.ts';
import { createLogger } from '../adapters/log/logger.ts';
import { loadConfig, settingsTable, type Config } from '../config.ts';
import { suggestion } from '../domain/nearest.ts';
import { runService, type Transport } from '../main.ts';
import { inputNames, type Clock, type InputName, type Logger } from '../pipeline/ports.ts';
import { topicNames } from '../pipeline/topics.ts';
import { exitCodes, parseOptions, UsageError, type Command, type CommandContext, type ExitCode } from './frame.ts';
import { packageVersion } from './version.ts';
import { kafkaEndpoint, schemaSource } from './transport.ts';

export const command: Command = {
  name: 'run',
  summary: 'the service: reads events, publishes tier changes',
  help: `clientele run [--accept-dead-letters <input>]

Runs the service until SIGTERM or SIGINT; then it drains, commits and leaves. Prints one line, "ready <url>", once every
task it was assigned runs. Logs are JSON lines on stderr.

  --accept-dead-letters INPUT   goes on although half of an input's records are rejected; may be given several times.
                                Inputs: ${inputNames.join(', ')}

Environment (name, default, range; every fault is reported at once):

${settingsTable()}

Example:
  KAFKA_BROKERS=localhost:9092 SCHEMA_REGISTRY_URL=http://localhost:8081 clientele run`,
  run: (argv, context) => run(argv, context),
};

async function run(argv: readonly string[], context: CommandContext): Promise<ExitCode> {
  const { values, positionals } = parseOptions(argv, { 'accept-dead-letters': { type: 'string', multiple: true } });
  if (positionals.length > 0) throw new UsageError(`run takes no argument, and got ${positionals.join(' ')}.`);
  const acceptDeadLetters = inputsOf(values['accept-dead-letters'] ?? []);
  const loaded = loadConfig(context.env, context.cwd);
  const stateDir = loaded.stateDir === '' ? '' : resolve(context.cwd, loaded.stateDir);
  const config = { ...loaded, modelPath: resolve(context.cwd, loaded.modelPath), stateDir };
  const clock = systemClock();
  const logger = createLogger({ level: config.logLevel, base: { app: config.appId } });
  const { signal, dispose } = stopSignal(logger);
  try {
    const transport = kafkaTransport(config, clock, logger);
    const { stdout } = context;
    await runService(config, {
      transport,
      clock,
      logger,
      stdout,
      stop: signal,
      acceptDeadLetters,
      version: packageVersion(),
    });
  } finally {
    dispose();
  }
  return exitCodes.done;
}

function inputsOf(names: readonly string[]): ReadonlySet<InputName> {
  return new Set(
    names.map((name) => {
      const input = inputNames.find((known) => known === name);
      if (input === undefined) throw new UsageError(`unknown input ${name}.${suggestion(name, inputNames)}`);
      return input;
    }),
  );
}

/** Returns Kafka and the registry as the configuration names them; nothing is connected yet. */
export function kafkaTransport(config: Config, clock: Clock, logger: Logger): Transport {
  const topics = topicNames(config.topicPrefix);
  const { purchases, interactions, surveys, changelog } = topics;
  const { tierChanged, lifecycleChanged, churnAlert, profile, deadLetters } = topics;
  // Exactly these: the consumer subscribes to whatever it is given.
  const streams = { purchases, interactions, surveys, changelog };
  const outputs = { changelog, tierChanged, lifecycleChanged, churnAlert, profile, deadLetters };
  const endpoint = kafkaEndpoint(config, logger);
  return {
    partitionCounts: (names) => partitionCountsOf(endpoint, names),
    tombstonesKeptMs: (topic) => tombstonesKeptMs(endpoint, topic),
    consumer: (address) => createGroupConsumer({ ...endpoint, appId: config.appId, topics: streams, address, clock }),
    producers: createProducerFactory({ ...endpoint, appId: config.appId, topics: outputs }),
    source: schemaSource(config, clock),
  };
}

/** Aborts at the first SIGTERM or SIGINT; a second one ends the process at once, as the system does by default. */
function stopSignal(logger: Logger): { readonly signal: AbortSignal; readonly dispose: () => void } {
  const abort = new AbortController();
  const onSignal = (name: NodeJS.Signals): void => {
    logger.info('service.signal', { signal: name });
    dispose();
    abort.abort();
  };
  const dispose = (): void => {
    process.off('SIGTERM', onSignal);
    process.off('SIGINT', onSignal);
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  return { signal: abort.signal, dispose };
}
