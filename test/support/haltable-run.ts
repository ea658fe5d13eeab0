/*
 * The service exactly as `clientele run` composes it, but for task producers that halt at named points, and a consumer
 * that halts where positions are acknowledged to the group (`acknowledge`: what was committed is adopted by then). It prints
 * `halted <partition> <point>` and stays there until it is killed, or until it reads the line `go`.
 * HALT_AT=<partition>:<point>:<occurrence>,… chooses the points; occurrences count per partition, from 1.
 */
import { createInterface } from 'node:readline';
import { systemClock } from '../../src/adapters/clock.ts';
import { createLogger } from '../../src/adapters/log/logger.ts';
import { kafkaTransport } from '../../src/cli/run.ts';
import { loadConfig, processEnvironment } from '../../src/config.ts';
import { runService } from '../../src/main.ts';
import type { ProducerFactory } from '../../src/pipeline/ports.ts';
import { crashPoints, faultyProducers, type Fault } from './faulty-producers.ts';

const environment = processEnvironment();
const config = loadConfig(environment, process.cwd());
const logger = createLogger({ level: config.logLevel, base: { app: config.appId } });
const clock = systemClock();
const transport = kafkaTransport(config, clock, logger);
const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());

const go = new Promise<void>((resolve) => {
  createInterface({ input: process.stdin }).on('line', (text) => {
    if (text === 'go') resolve();
  });
});

async function halt(partition: number, point: string): Promise<void> {
  process.stdout.write(`halted ${partition} ${point}\n`);
  await go;
}

const faults = new Map<number, Fault[]>();
/** Acknowledgements left until the one to halt at, by partition. */
const acknowledgements = new Map<number, number>();
for (const text of environment['HALT_AT']?.split(',') ?? []) {
  const [partition, name, occurrence] = text.split(':');
  if (name === 'acknowledge') {
    acknowledgements.set(Number(partition), Number(occurrence));
    continue;
  }
  const point = crashPoints.find((known) => known === name);
  if (point === undefined) throw new Error(`HALT_AT: no point ${name ?? ''}`);
  const act = (): Promise<void> => halt(Number(partition), point);
  const known = faults.get(Number(partition)) ?? [];
  faults.set(Number(partition), [...known, { point, occurrence: Number(occurrence), act }]);
}

const factories = new Map<number, ProducerFactory>();
const producers: ProducerFactory = {
  open: (partition) => {
    const factory = factories.get(partition) ?? faultyProducers(transport.producers, faults.get(partition) ?? []);
    factories.set(partition, factory);
    return factory.open(partition);
  },
};

const consumer: typeof transport.consumer = (address) => {
  const inner = transport.consumer(address);
  const acknowledge = inner.commitPositions.bind(inner);
  inner.commitPositions = async (partition, positions) => {
    const left = (acknowledgements.get(partition) ?? 0) - 1;
    acknowledgements.set(partition, left);
    if (left === 0) await halt(partition, 'acknowledge');
    await acknowledge(partition, positions);
  };
  return inner;
};

await runService(config, {
  transport: { ...transport, producers, consumer },
  clock,
  logger,
  stdout: process.stdout,
  stop: stop.signal,
  acceptDeadLetters: new Set(),
  version: 'test',
});
process.exit(0);
