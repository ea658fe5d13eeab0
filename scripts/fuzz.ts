/**
 * `npm run fuzz`: random input until the time is up. In memory by default (records by the million); `--kafka` through a
 * real broker and registry, which are found or started, into the service as a process whose memory is watched.
 * Prints the seed first, and again when anything is wrong; the same seed makes the same records. Exit code 1 when anything is wrong.
 *
 * `--seed N` (default: the time), `--seconds N` (default 20; 3600 for the long one).
 */
import { parseArgs } from 'node:util';
import { startStack } from '../deploy/local-stack/stack.ts';
import { inputNames } from '../src/pipeline/ports.ts';
import { Random } from '../test/support/corpus/fuzz.ts';
import { fuzzOnKafka } from '../test/support/corpus/kafka-fuzz.ts';
import { KafkaRun } from '../test/support/corpus/kafka-run.ts';
import { fuzzForMs } from '../test/support/corpus/memory-run.ts';

const { values } = parseArgs({
  options: { seed: { type: 'string' }, seconds: { type: 'string' }, kafka: { type: 'boolean' } },
});
const seed = Number(values.seed ?? Date.now() % 2 ** 32);
const durationMs = Number(values.seconds ?? 20) * 1_000;
if (!Number.isInteger(seed) || !(durationMs > 0)) throw new Error('--seed and --seconds are numbers');

console.log(
  `${new Date().toISOString()}, seed ${seed}${values.kafka === true ? ', on Kafka' : ', in memory'}, ${durationMs / 1_000} s`,
);
let toldAtMs = 0;
const progress = (records: number, bytes: number): void => {
  if (performance.now() - toldAtMs < 5_000) return;
  toldAtMs = performance.now();
  console.log(`${records} records, ${(bytes / 1_048_576).toFixed(0)} MiB`);
};
const again = `npm run fuzz -- ${values.kafka === true ? '--kafka ' : ''}--seed ${seed} --seconds ${durationMs / 1_000}`;
// The seed stands beside whatever ends a run, hours below the first line.
const report = await (values.kafka === true ? onKafka() : inMemory()).catch((error: unknown) => {
  console.error(error);
  console.log(`it broke off; again: ${again}`);
  process.exit(1);
});
const { records, rejected, applied, faults } = report;
console.log(`${records} records: ${applied} applied, ${rejected} dead letters, ${faults.length} faults`);
for (const fault of faults.slice(0, 50)) console.log(fault);
if (faults.length > 0) console.log(`again: ${again}`);
process.exit(faults.length === 0 ? 0 : 1);

function inMemory() {
  return fuzzForMs(seed, durationMs, progress);
}

async function onKafka() {
  const stack = await startStack({ need: 'kafka+registry', log: (line) => console.log(line) });
  const { brokers, registryUrl } = stack;
  const run = await KafkaRun.open({ brokers, registryUrl, prefix: `fuzz-${Date.now()}-` }, 3);
  try {
    const service = run.start(inputNames.flatMap((input) => ['--accept-dead-letters', input]));
    return await fuzzOnKafka(run, service, { random: new Random(seed), durationMs, onProgress: progress });
  } finally {
    await run.close();
    await stack.stop();
  }
}
