/**
 * Questions that show whether a principal may do something, without doing it: each is a request that a broker checks the
 * permission of first and can then only refuse, since what it names does not exist. Nothing is written or joined.
 */
import type { Kafka } from 'kafkajs';
import type { Acl } from '../../pipeline/acl.ts';
import { createKafka, type KafkaEndpoint } from './client.ts';
import { AccessDeniedError, portError } from './errors.ts';
import type { OwnCluster, PlainBroker } from './internals.ts';

export interface ClusterProbe {
  /** Where each broker says it is, `host:port`: clients go there after the bootstrap. */
  readonly advertised: readonly { readonly host: string; readonly port: number }[];
  /** Rejects: UnavailableError. */
  isAllowed(acl: Acl): Promise<boolean>;
  /** Idempotent; never rejects. */
  close(): Promise<void>;
}

/** Connects. Rejects: UnavailableError; AccessDeniedError when the cluster does not know us. */
export async function openProbe(endpoint: KafkaEndpoint): Promise<ClusterProbe> {
  const cluster = clusterOf(createKafka(endpoint, 'clientele-doctor'));
  try {
    await cluster.connect();
    await cluster.refreshMetadata();
    const broker = await cluster.findControllerBroker();
    const { brokers } = cluster.brokerPool.metadata;
    return {
      advertised: brokers.map(({ host, port }) => ({ host, port })),
      isAllowed: (acl) => isAllowed(broker, acl),
      close: () => cluster.disconnect().catch(() => undefined),
    };
  } catch (error) {
    await cluster.disconnect().catch(() => undefined);
    throw portError(error, 'connecting');
  }
}

/** The client keeps the maker of clusters under a symbol of its own. */
function clusterOf(kafka: Kafka): OwnCluster {
  const made = Object.getOwnPropertySymbols(kafka).find(({ description }) => description === createCluster);
  const make: unknown = made === undefined ? undefined : Reflect.get(kafka, made);
  if (typeof make !== 'function') throw new Error('kafkajs has no maker of clusters');
  return (make as (options: object) => OwnCluster)({ allowAutoTopicCreation: false });
}

const createCluster = 'private:Kafka:createCluster';

async function isAllowed(broker: PlainBroker, acl: Acl): Promise<boolean> {
  const what = `asking for ${acl.operation} on ${acl.resource} ${acl.name}`;
  try {
    await ask(broker, acl);
    return true;
  } catch (error) {
    const known = portError(error, what);
    if (known instanceof AccessDeniedError) return false;
    // Anything else a broker says comes after the permission.
    if (error instanceof Error && error.name === 'KafkaJSProtocolError') return true;
    throw known;
  }
}

/** No topic has so many partitions. */
const noPartition = 2_147_483_647;
/** No producer has been given this id. */
const noProducer = '9007199254740991';

function ask(broker: PlainBroker, { resource, name, operation }: Acl): Promise<unknown> {
  if (resource === 'group')
    return broker.heartbeat({ groupId: name, groupGenerationId: 0, memberId: 'clientele-doctor' });
  if (resource === 'transactional-id') {
    const transactionalId = `${name}doctor`;
    return broker.endTxn({ transactionalId, producerId: noProducer, producerEpoch: 0, transactionResult: false });
  }
  if (operation === 'Write') {
    const messages = [{ key: null, value: null, timestamp: '0', headers: {} }];
    return broker.produce({
      acks: -1,
      timeout: 1_000,
      topicData: [{ topic: name, partitions: [{ partition: noPartition, messages }] }],
    });
  }
  const partitions = [{ partition: noPartition, fetchOffset: '0', maxBytes: 1 }];
  return broker.fetch({
    replicaId: -1,
    isolationLevel: 1,
    maxWaitTime: 0,
    minBytes: 0,
    maxBytes: 1,
    topics: [{ topic: name, partitions }],
  });
}
