// `clientele alerts` on a real Kafka: only what was committed, to the end of every partition, an open transaction beside it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contractType, schemaText } from '../../src/adapters/avro/types.ts';
import { createKafka } from '../../src/adapters/kafka/client.ts';
import { createLogger } from '../../src/adapters/log/logger.ts';
import { ConfluentSource } from '../../src/adapters/registry/confluent.ts';
import { exitCodes } from '../../src/cli/frame.ts';
import { subjectOf, topicNames } from '../../src/pipeline/topics.ts';
import { clientele } from '../support/command.ts';
import { useStack } from '../support/stack.ts';

const stack = useStack();
const prefix = stack.uniquePrefix('alerts');
const topic = topicNames(prefix).churnAlert;
const partitions = 3;

const env = {
  KAFKA_BROKERS: stack.brokers.join(','),
  SCHEMA_REGISTRY_URL: stack.registryUrl,
  CLIENTELE_TOPIC_PREFIX: prefix,
};
const command = (...argv: readonly string[]) => clientele(argv, process.cwd(), env);

describe('alerts', () => {
  const logger = createLogger({ level: 'error', base: { app: 'test' } });
  const kafka = createKafka({ brokers: stack.brokers, logger }, `${prefix}writer`);
  const producerOf = (name: string) => kafka.producer({ transactionalId: `${prefix}${name}`, idempotent: true });
  const [writer, holder] = [producerOf('writer'), producerOf('holder')];

  beforeAll(async () => {
    const applied = await command('topics', 'apply', '--partitions', String(partitions), '--replication-factor', '1');
    expect(applied.code).toBe(exitCodes.done);
    await writer.connect();
    await holder.connect();
  });
  afterAll(async () => {
    await writer.disconnect();
    await holder.disconnect();
  });

  it('finds nothing in a topic nobody has written to', async () => {
    expect(await command('alerts', '--open')).toMatchObject({ code: exitCodes.done, stdout: 'no alert\n' });
  });

  it('lists what was committed: open alerts, not resolved ones, aborted ones or those of an open transaction', async () => {
    const schemaId = await new ConfluentSource(stack.registryUrl).idOf(subjectOf(topic), schemaText('churnAlert'));
    const message = (alertId: string, status: string) => {
      const header = Buffer.alloc(5);
      header.writeInt32BE(schemaId, 1);
      const type = contractType('churnAlert');
      const value = { ...(type.random() as object), alertId, customerId: alertId, status, resolveReason: null };
      return { key: alertId, value: Buffer.concat([header, type.toBuffer(value)]) };
    };
    const committed = Array.from({ length: 40 }, (_, index) => message(`alert-${index}`, 'opened'));
    const first = await writer.transaction();
    await first.send({ topic, messages: committed });
    await first.commit();
    const aborted = await writer.transaction();
    await aborted.send({ topic, messages: [message('aborted', 'opened')] });
    await aborted.abort();
    const second = await writer.transaction();
    await second.send({ topic, messages: [message('alert-7', 'resolved'), message('alert-8', 'expired')] });
    await second.commit();
    const held = await holder.transaction();
    await held.send({ topic, messages: [message('held', 'opened')] });
    try {
      const open = await command('alerts', '--open', '--json');
      expect(open).toMatchObject({ code: exitCodes.done, stderr: '' });
      const customers = (JSON.parse(open.stdout) as { customerId: string }[]).map(({ customerId }) => customerId);
      const expected = committed.map(({ key }) => key).filter((key) => key !== 'alert-7' && key !== 'alert-8');
      expect(customers.sort()).toEqual(expected.sort());
      const since = await command('alerts', '--since', '1970-01-01T00:00:00Z', '--csv');
      expect(since.stdout.split('\n')[0]).toMatch(/^customerId,band,risk,/);
    } finally {
      await held.abort();
    }
  });

  it('tells how past alerts came out, from the newest scoreboard of every task', async () => {
    expect(await command('alerts', '--scores')).toMatchObject({
      code: exitCodes.done,
      stdout: 'No alert is scored yet: each is when its horizon has ended.\n',
    });
    const { changelog } = topicNames(prefix);
    const schemaId = await new ConfluentSource(stack.registryUrl).idOf(subjectOf(changelog), schemaText('changelog'));
    const message = (partition: number, alerts: number, returned: number) => {
      const header = Buffer.alloc(5);
      header.writeInt32BE(schemaId, 1);
      const sums = { riskSum: alerts * 0.8, brierSum: alerts * 0.1, marginMinor: 0, marginSquaredSum: 0 };
      const cells = [{ band: 'alert', arm: 'control', alerts, returned, ...sums }];
      const value = contractType('changelog').toBuffer({ entry: { 'clientele.Scoreboard': { cells } } });
      return { partition, key: 'm:scoreboard', value: Buffer.concat([header, value]) };
    };
    const transaction = await writer.transaction();
    await transaction.send({
      topic: changelog,
      messages: [message(0, 1, 1), message(0, 6, 2), message(2, 4, 1)],
    });
    await transaction.commit();
    const { code, stdout } = await command('alerts', '--scores');
    expect(code).toBe(exitCodes.done);
    expect(stdout).toContain('10 alerts whose horizon has ended');
    expect(stdout).toMatch(/^ {2}alert +10 +70\.0 % +80\.0 % +0\.1000$/m);
  });
});
