/**
 * Types of the kafkajs 2.2.4 objects this room touches below its public interface; written down from its source.
 * Types only, and only the fields that are used.
 */
import type { IHeaders } from 'kafkajs';

/** A record as the record batch decoder leaves it; int64 fields are decimal text. */
export interface RawMessage {
  readonly magicByte: number;
  readonly attributes: number;
  readonly offset: string;
  readonly timestamp: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: IHeaders;
  readonly isControlRecord: boolean;
  readonly batchContext: BatchContext;
  /** This message stands for a whole batch that could not be read (patches/unreadable-batches.ts). */
  readonly unreadable?: UnreadableBatch;
}

export interface UnreadableBatch {
  /** `corrupt`: its bytes are not those that were written; read it again. Otherwise it will never be read. */
  readonly reason: 'corrupt' | 'oversized' | 'undecodable';
  readonly why: string;
  /** The batch as the broker sent it. */
  readonly bytes: Buffer;
  /** How many records it says it has. */
  readonly records: number;
  readonly compression: string;
}

export interface BatchContext {
  readonly firstOffset: string;
  readonly lastOffsetDelta: number;
  readonly maxTimestamp: string;
  readonly producerId: string;
  readonly inTransaction: boolean;
}

export interface AbortedTransaction {
  readonly producerId: string;
  readonly firstOffset: string;
}

export interface FetchRequest {
  maxBytes: number;
  readonly topics: readonly {
    readonly topic: string;
    readonly partitions: readonly { readonly partition: number; readonly fetchOffset: string; maxBytes: number }[];
  }[];
}

export interface FetchedPartition {
  readonly partition: number;
  readonly highWatermark: string;
  readonly lastStableOffset: string;
  abortedTransactions: readonly AbortedTransaction[];
  messages: readonly RawMessage[];
}

export interface FetchResponse {
  readonly responses: readonly { readonly topicName: string; readonly partitions: readonly FetchedPartition[] }[];
}

export interface SyncGroupRequest {
  readonly generationId: number;
  readonly memberId: string;
}

/** Names one membership. */
export interface HeartbeatRequest {
  readonly groupId: string;
  readonly groupGenerationId: number;
  readonly memberId: string;
}

/** A group as its coordinator describes it; members' bytes are empty unless `state` is Stable. */
export interface DescribedGroup {
  readonly state: string;
  readonly members: readonly { readonly memberId: string; readonly memberAssignment: Buffer }[];
}

export interface OffsetListing {
  readonly topic: string;
  readonly partitions: readonly { readonly partition: number; readonly timestamp: number }[];
}

/** One node of the cluster. */
export interface Broker {
  readonly connectionPool: { readonly clientId: string };
  fetch(request: FetchRequest): Promise<FetchResponse>;
  syncGroup(request: SyncGroupRequest): Promise<unknown>;
  heartbeat(request: HeartbeatRequest): Promise<unknown>;
  joinGroup(request: unknown): Promise<unknown>;
  describeGroups(request: {
    readonly groupIds: readonly string[];
  }): Promise<{ readonly groups: readonly DescribedGroup[] }>;
  addPartitionsToTxn(request: unknown): Promise<unknown>;
  listOffsets(request: {
    readonly replicaId: number;
    readonly isolationLevel: number;
    readonly topics: readonly OffsetListing[];
  }): Promise<{ readonly responses: readonly { readonly partitions: readonly { readonly offset: string }[] }[] }>;
  offsetCommit(request: {
    readonly groupId: string;
    readonly memberId: string;
    readonly groupGenerationId: number;
    readonly topics: readonly {
      readonly topic: string;
      readonly partitions: readonly { readonly partition: number; readonly offset: string }[];
    }[];
  }): Promise<unknown>;
}

/** The connections and the metadata of one client. */
export interface Cluster {
  refreshMetadata(): Promise<void>;
  metadata(request: { readonly topics: readonly string[] }): Promise<unknown>;
  findTopicPartitionMetadata(topic: string): readonly { readonly partitionId: number; readonly leader: number }[];
  findBroker(node: { readonly nodeId: number }): Promise<Broker>;
  findGroupCoordinator(group: { readonly groupId: string }): Promise<Broker>;
}

/** A cluster of one's own, beside those of producers, consumers and admins. */
export interface OwnCluster {
  readonly brokerPool: {
    readonly metadata: { readonly brokers: readonly { readonly host: string; readonly port: number }[] };
  };
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  refreshMetadata(): Promise<void>;
  findControllerBroker(): Promise<PlainBroker>;
}

/** A node that is asked with requests made by hand. */
export interface PlainBroker {
  heartbeat(request: HeartbeatRequest): Promise<unknown>;
  endTxn(request: {
    readonly transactionalId: string;
    readonly producerId: string;
    readonly producerEpoch: number;
    readonly transactionResult: boolean;
  }): Promise<unknown>;
  produce(request: {
    readonly acks: number;
    readonly timeout: number;
    readonly topicData: readonly {
      readonly topic: string;
      readonly partitions: readonly { readonly partition: number; readonly messages: readonly object[] }[];
    }[];
  }): Promise<unknown>;
  fetch(
    request: FetchRequest & {
      readonly replicaId: number;
      readonly isolationLevel: number;
      readonly maxWaitTime: number;
      readonly minBytes: number;
    },
  ): Promise<FetchResponse>;
}

/** Fields of kafkajs' errors; all optional, since anything may be thrown. */
export interface KafkajsError {
  readonly name?: string;
  readonly message?: string;
  readonly type?: string;
  readonly code?: number | string;
  readonly cause?: unknown;
  readonly topic?: string;
  readonly partition?: number;
}
