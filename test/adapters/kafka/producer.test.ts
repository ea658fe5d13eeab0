/** The state machine of a task producer, on a producer object that fails on demand. */
import type { Producer, RecordMetadata, Transaction } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { KafkajsTaskProducer } from '../../../src/adapters/kafka/producer.ts';
import { FencedError, UnavailableError } from '../../../src/pipeline/ports.ts';
import { freshKafkajs } from './fresh-kafkajs.ts';

const topics = {
  changelog: 'c',
  tierChanged: 't',
  lifecycleChanged: 'l',
  churnAlert: 'a',
  profile: 'p',
  deadLetters: 'd',
};

/** A producer whose named call rejects, and the calls it got. */
function createProducer(
  failing?: string,
  error: Error = new Error('lost'),
): { task: KafkajsTaskProducer; calls: string[] } {
  const calls: string[] = [];
  const call = <T>(name: string, result: T): Promise<T> => {
    calls.push(name);
    return name === failing ? Promise.reject(error) : Promise.resolve(result);
  };
  const metadata: RecordMetadata[] = [
    { topicName: 'c', partition: 3, errorCode: 0, baseOffset: '41', logAppendTime: '1700' },
  ];
  const transaction = {
    abort: () => call('abort', undefined),
    commit: () => call('commit', undefined),
    sendBatch: (batch: unknown) => {
      calls.push(JSON.stringify(batch));
      return call('send', metadata);
    },
  } as unknown as Transaction;
  const producer: Pick<Producer, 'connect' | 'disconnect' | 'transaction'> = {
    connect: () => call('connect', undefined),
    disconnect: () => call('disconnect', undefined),
    transaction: () => call('transaction', transaction),
  };
  return { task: new KafkajsTaskProducer(3, topics, producer), calls };
}

const batch = { topic: 'changelog', partition: 3, records: [{ key: null, value: null, headers: {} }] } as const;

async function runTo(task: KafkajsTaskProducer, last: 'fence' | 'begin' | 'send' | 'commit'): Promise<unknown> {
  await task.fence();
  if (last === 'fence') return undefined;
  await task.begin();
  if (last === 'begin') return undefined;
  const acks = await task.send([batch]);
  if (last === 'send') return acks;
  return task.commit();
}

describe('KafkajsTaskProducer', () => {
  it('fences with an empty transaction, then runs transactions', async () => {
    const { task, calls } = createProducer();
    expect(await runTo(task, 'send')).toEqual([
      { topic: 'changelog', partition: 3, baseOffset: 41, logAppendTimeMs: 1700 },
    ]);
    await task.commit();
    await task.begin();
    await task.commit();
    const sent = '{"acks":-1,"topicMessages":[{"topic":"c","messages":[{"key":null,"value":null,"headers":{},"partition":3}]}]}'; // prettier-ignore
    expect(calls).toEqual([
      ...['connect', 'transaction', 'abort', 'transaction', sent],
      ...['send', 'commit', 'transaction', 'commit'],
    ]);
  });

  it.each(['connect', 'abort', 'send', 'commit'])(
    'is ended by a failed %s: no abort, no further call reaches kafkajs',
    async (failing) => {
      const { task, calls } = createProducer(failing);
      await expect(runTo(task, 'commit')).rejects.toThrow('lost');
      const before = [...calls];
      for (const next of [() => task.fence(), () => task.begin(), () => task.send([batch]), () => task.commit()]) {
        await expect(next()).rejects.toThrow(/the producer is ended, not/);
      }
      expect(calls).toEqual(before);
      expect(before.filter((name) => name === 'abort')).toHaveLength(failing === 'connect' ? 0 : 1);
    },
  );

  it('is ended by a call out of order or beside another one', async () => {
    const early = createProducer().task;
    await expect(early.commit()).rejects.toThrow('commit of task 3: the producer is new, not open');
    await expect(early.fence()).rejects.toThrow('ended');

    const { task } = createProducer();
    await runTo(task, 'begin');
    const sending = task.send([batch]);
    await expect(task.commit()).rejects.toThrow('busy');
    await expect(sending).rejects.toThrow('ended meanwhile');
    await expect(task.commit()).rejects.toThrow('ended');
  });

  it('names what the broker said', async () => {
    const cause = Object.assign(new Error('old epoch'), { type: 'INVALID_PRODUCER_EPOCH', code: 47 });
    const fenced = createProducer('commit', new Error('retries exceeded', { cause })).task;
    await expect(runTo(fenced, 'commit')).rejects.toThrow(FencedError);
    const unknown = createProducer('send', new Error('Unknown error code 90')).task;
    await expect(runTo(unknown, 'commit')).rejects.toThrow(FencedError);
    const denied = createProducer(
      'abort',
      Object.assign(new Error('no'), { type: 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED' }),
    );
    await expect(runTo(denied.task, 'fence')).rejects.toMatchObject({
      name: 'AccessDeniedError',
      message: 'fence of task 3: TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
    });
    const gone = createProducer('connect', Object.assign(new Error('refused'), { name: 'KafkaJSConnectionError' }));
    await expect(runTo(gone.task, 'fence')).rejects.toThrow(UnavailableError);
  });

  it('closes without a rejection, and is ended by it', async () => {
    const { task, calls } = createProducer('disconnect');
    await task.close();
    await task.close();
    expect(calls).toEqual(['disconnect', 'disconnect']);
    await expect(task.fence()).rejects.toThrow('ended');
  });
});

describe('a kafkajs producer after an EndTxn without an answer', () => {
  it('can never begin again, which is why ours is ended', async () => {
    const broker = {
      initProducerId: () => Promise.resolve({ producerId: 1, producerEpoch: 0 }),
      addPartitionsToTxn: () => Promise.resolve(),
      endTxn: () => Promise.reject(new Error('no answer')),
    };
    const cluster = {
      refreshMetadataIfNecessary: () => Promise.resolve(),
      findGroupCoordinator: () => Promise.resolve(broker),
    };
    const logger = { debug: () => undefined };
    const create = freshKafkajs().load('producer/eosManager/index') as (options: object) => {
      initProducerId(): Promise<void>;
      beginTransaction(): void;
      addPartitionsToTransaction(topics: object[]): Promise<void>;
      commit(): Promise<void>;
    };
    const manager = create({ logger, cluster, transactional: true, transactionalId: 'x' });
    await manager.initProducerId();
    manager.beginTransaction();
    await manager.addPartitionsToTransaction([{ topic: 't', partitions: [{ partition: 0 }] }]);
    await expect(manager.commit()).rejects.toThrow('no answer');
    expect(() => manager.beginTransaction()).toThrow(/COMMITTING/);
    await expect(manager.initProducerId()).rejects.toThrow(/COMMITTING/);
  });
});
