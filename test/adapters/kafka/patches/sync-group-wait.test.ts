/** How long SyncGroup may take. */
import { describe, expect, it } from 'vitest';
import { timeouts } from '../../../../src/adapters/kafka/client.ts';
import type { KafkajsSource } from '../../../../src/adapters/kafka/patches/patch.ts';
import { syncGroupWait } from '../../../../src/adapters/kafka/patches/sync-group-wait.ts';
import { freshKafkajs } from '../fresh-kafkajs.ts';

interface Sent {
  readonly request: { readonly apiName: string };
  readonly requestTimeout?: number;
}

interface Broker {
  connect(): Promise<void>;
  syncGroup(request: object): Promise<unknown>;
}

/** What a broker object of this copy gives its connection to send for SyncGroup. */
async function syncGroup(source: KafkajsSource): Promise<Sent | undefined> {
  const sent: Sent[] = [];
  const connection = { getSupportAuthenticationProtocol: () => false, authenticate: () => Promise.resolve() };
  const connectionPool = {
    send: (one: Sent) => {
      sent.push(one);
      return Promise.resolve({});
    },
    getConnection: () => Promise.resolve(connection),
    setVersions: () => undefined,
    isConnected: () => false,
    isAuthenticated: () => false,
  };
  const Broker = source.load('broker/index') as new (options: object) => Broker;
  const logger = { namespace: () => logger, debug: () => undefined };
  const versions = { 14: { minVersion: 0, maxVersion: 3 } };
  const broker = new Broker({ connectionPool, logger, versions });
  await broker.connect();
  await broker.syncGroup({ groupId: 'g', generationId: 1, memberId: 'm', groupAssignment: [] });
  return sent[0];
}

describe('syncGroupWait', () => {
  it('lets SyncGroup wait for a leader as long as JoinGroup, where stock gives it no more than any request', async () => {
    expect(await syncGroup(freshKafkajs())).not.toHaveProperty('requestTimeout');
    const source = freshKafkajs();
    syncGroupWait.install(source);
    const sent = await syncGroup(source);
    expect(sent?.request.apiName).toBe('SyncGroup');
    expect(sent?.requestTimeout).toBe(timeouts.rebalanceMs + 5_000);
  });
});
