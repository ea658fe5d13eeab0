/**
 * Settings of a one-node broker for development and tests: one copy of everything, few internal partitions,
 * no waiting for a group's first members. Not for production.
 */

/** Settings that do not depend on addresses or directories. */
export const brokerProperties: Readonly<Record<string, string>> = {
  'process.roles': 'broker,controller',
  'node.id': '1',
  'inter.broker.listener.name': 'PLAINTEXT',
  'controller.listener.names': 'CONTROLLER',
  'auto.create.topics.enable': 'false',
  // The default of 3 s delays every first join of a group.
  'group.initial.rebalance.delay.ms': '0',
  // A killed broker that returns waits for its old registration to expire; the default of 9 s is a third of a test.
  'broker.session.timeout.ms': '3000',
  'broker.heartbeat.interval.ms': '500',
  'offsets.topic.replication.factor': '1',
  'offsets.topic.num.partitions': '4',
  'transaction.state.log.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
  'transaction.state.log.num.partitions': '4',
  // A transaction that has timed out is aborted within half a second, not ten.
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': '500',
  'share.coordinator.state.topic.replication.factor': '1',
  'share.coordinator.state.topic.min.isr': '1',
  // The default of 128 MiB would be most of this broker's heap.
  'log.cleaner.dedupe.buffer.size': '2097152',
};
