/**
 * Reads a topic from its beginning with a bare consumer of the same client and drops what it reads: the least that a
 * consumer costs. Prints one JSON line of figures. Arguments: topic, records, share that counts as warm-up.
 */
import { createKafka } from '../src/adapters/kafka/client.ts';
import { createLogger } from '../src/adapters/log/logger.ts';

const [topic = '', total = '0', warmShare = '0'] = process.argv.slice(2);
const brokers = (process.env['KAFKA_BROKERS'] ?? '').split(',');
const warmAt = Number(total) * Number(warmShare);
const logger = createLogger({ level: 'error', base: { app: 'bench' } });
let seen = 0;
let warm: { count: number; atMs: number; cpu: NodeJS.CpuUsage } | null = null;

const consumer = createKafka({ brokers, logger }, 'bench-read-only').consumer({
  groupId: `bench-read-only-${process.pid}`,
  maxWaitTimeInMs: 100,
  maxBytesPerPartition: 256 * 1024,
});
await consumer.connect();
await consumer.subscribe({ topics: [topic], fromBeginning: true });
await new Promise<void>((resolve, reject) => {
  consumer
    .run({
      autoCommit: false,
      eachBatch: ({ batch }) => {
        seen += batch.messages.length;
        if (warm === null && seen >= warmAt) warm = { count: seen, atMs: performance.now(), cpu: process.cpuUsage() };
        if (seen >= Number(total)) resolve();
        return Promise.resolve();
      },
    })
    .catch(reject);
});
const from = warm as { count: number; atMs: number; cpu: NodeJS.CpuUsage } | null;
if (from === null) throw new Error('invariant: the warm-up ends before the last record');
const used = process.cpuUsage(from.cpu);
const figures = {
  producedPerEvent: 0,
  events: seen - from.count,
  wallSeconds: (performance.now() - from.atMs) / 1000,
  cpuSeconds: (used.user + used.system) / 1e6,
};
process.stdout.write(`${JSON.stringify(figures)}\n`);
await consumer.disconnect();
