/**
 * The kafkajs consumer under the group consumer: its time-outs, its byte limits, and how long it is patient.
 */
import type { Consumer, PartitionAssigner } from 'kafkajs';
import { createKafka, timeouts, type KafkaEndpoint } from './client.ts';
import { bytesPerFetch, bytesPerInput } from './lanes.ts';

/** Not connected; `clientId` must be this consumer's own. */
export function createGroupClient(
  endpoint: KafkaEndpoint,
  group: { readonly groupId: string; readonly clientId: string; readonly assigner: PartitionAssigner },
): Consumer {
  return createKafka(endpoint, group.clientId, 'long').consumer({
    groupId: group.groupId,
    partitionAssigners: [group.assigner],
    sessionTimeout: timeouts.sessionMs,
    rebalanceTimeout: timeouts.rebalanceMs,
    heartbeatInterval: timeouts.heartbeatMs,
    metadataMaxAge: timeouts.metadataMs,
    maxWaitTimeInMs: timeouts.fetchWaitMs,
    maxBytesPerPartition: bytesPerInput,
    maxBytes: bytesPerFetch,
    allowAutoTopicCreation: false,
    // A coordinator that restarts is waited for about 35 s; then the crash is definite and the process ends.
    retry: {
      initialRetryTime: 200,
      maxRetryTime: 2_000,
      retries: 20,
      restartOnFailure: () => Promise.resolve(false),
    },
  });
}
