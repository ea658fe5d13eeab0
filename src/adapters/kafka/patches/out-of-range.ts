/**
 * Defect: a position outside the log is replaced by the default offset, and that default (a literal −1 or −2) is
 *   committed as the group's offset.
 * Symptom: records are skipped or read again, with one log line.
 * Source: consumer/consumerGroup.js, recoverFromOffsetOutOfRange; consumer/offsetManager, setDefaultOffset.
 * Patch: nothing is reset. Whoever taps this consumer (taps.ts) was told and decides; a consumer nobody taps stops
 *   with an error that names the partition.
 */
import type { KafkajsError } from '../internals.ts';
import type { Patch } from './patch.ts';

/** On an error: somebody has taken over what to do about this position. */
export const reported = Symbol('clientele.outOfRangeReported');

interface ConsumerGroup {
  readonly preferredReadReplicasPerTopicPartition: Record<string, Record<number, unknown> | undefined>;
}

type OutOfRange = Required<Pick<KafkajsError, 'topic' | 'partition'>> & { readonly [reported]?: true };

export const outOfRange: Patch = {
  name: 'out-of-range',
  install(source) {
    const group = source.load('consumer/consumerGroup') as { prototype: object };
    const { KafkaJSNonRetriableError } = source.load('errors') as {
      KafkaJSNonRetriableError: new (message: string, options: { cause: unknown }) => Error;
    };

    function recoverFromOffsetOutOfRange(this: ConsumerGroup, error: OutOfRange): Promise<void> {
      const { topic, partition } = error;
      const replicas = this.preferredReadReplicasPerTopicPartition[topic];
      if (replicas?.[partition] !== undefined) {
        // A follower may lag behind: its leader decides.
        Reflect.deleteProperty(replicas, partition);
        return Promise.resolve();
      }
      if (error[reported] === true) return Promise.resolve();
      return Promise.reject(
        new KafkaJSNonRetriableError(`the position in ${topic}/${partition} is outside its log`, { cause: error }),
      );
    }
    Object.assign(group.prototype, { recoverFromOffsetOutOfRange });
  },
};
