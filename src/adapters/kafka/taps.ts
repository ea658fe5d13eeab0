/**
 * Taps on the connections of kafkajs: what its public interface drops (every fetch response, the group generation,
 * when a heartbeat was sent) is handed to the consumer it belongs to, found by its client id. Connections nobody taps
 * behave as ever.
 *
 * Not here: what a tap does with it (lanes.ts).
 */
import { refusal } from './errors.ts';
import type {
  Broker,
  FetchRequest,
  FetchResponse,
  HeartbeatRequest,
  KafkajsError,
  SyncGroupRequest,
} from './internals.ts';
import { reported } from './patches/out-of-range.ts';
import type { Patch } from './patches/patch.ts';

/** What comes of one fetch request. Exactly one of the two is called, or none if the request fails otherwise. */
export interface FetchOutcome {
  answered(response: FetchResponse): void;
  /** The broker refused the position of this partition as outside its log; what to do about it is the tap's business. */
  outOfRange(topic: string, partition: number): void;
}

export interface Tap {
  /** A fetch is about to be sent; byte limits may be changed in place. */
  fetching(request: FetchRequest): FetchOutcome;
  /** A new assignment is about to be asked for: from now on the old one may be somebody else's. */
  joining?(): void;
  /** A heartbeat is about to be sent; what is returned is called once it was answered well. */
  beating?(): () => void;
  /** The member is about to ask for its assignment in this generation; what is returned is called once it has it. */
  syncing?(generation: number): () => void;
}

type Tapped = Pick<Broker, 'fetch' | 'syncGroup' | 'joinGroup' | 'heartbeat'>;

/** By client id. The prototypes that look here are global to the process, and so is this. */
const taps = new Map<string, Tap>();

/** Taps the connections whose client id is `clientId`, which must be one consumer's own. Returns the way to stop. */
export function addTap(clientId: string, tap: Tap): () => void {
  taps.set(clientId, tap);
  return () => {
    taps.delete(clientId);
  };
}

/** Not a patch of a defect, but installed like one. */
export const brokerTaps: Patch = {
  name: 'taps',
  install(source) {
    const { prototype } = source.load('broker/index') as { prototype: Tapped };
    const { fetch: stockFetch, syncGroup: stockSyncGroup } = prototype;
    const { joinGroup: stockJoinGroup, heartbeat: stockHeartbeat } = prototype;

    prototype.fetch = async function fetch(this: Broker, request: FetchRequest): Promise<FetchResponse> {
      const tap = taps.get(this.connectionPool.clientId);
      if (tap === undefined) return readable(await Reflect.apply(stockFetch, this, [request]));
      const outcome = tap.fetching(request);
      try {
        const response = await Reflect.apply(stockFetch, this, [request]);
        outcome.answered(response);
        return response;
      } catch (error) {
        const { name, topic, partition } = error as KafkajsError;
        if (name === 'KafkaJSOffsetOutOfRange' && topic !== undefined && partition !== undefined) {
          Object.assign(error as object, { [reported]: true });
          outcome.outOfRange(topic, partition);
        }
        throw error;
      }
    };

    prototype.syncGroup = async function syncGroup(this: Broker, request: SyncGroupRequest): Promise<unknown> {
      const synced = taps.get(this.connectionPool.clientId)?.syncing?.(request.generationId);
      const response = await Reflect.apply(stockSyncGroup, this, [request]);
      synced?.();
      return response;
    };

    prototype.joinGroup = function joinGroup(this: Broker, request: unknown): Promise<unknown> {
      taps.get(this.connectionPool.clientId)?.joining?.();
      return Reflect.apply(stockJoinGroup, this, [request]);
    };

    prototype.heartbeat = async function heartbeat(this: Broker, request: HeartbeatRequest): Promise<unknown> {
      const beaten = taps.get(this.connectionPool.clientId)?.beating?.();
      const response = await Reflect.apply(stockHeartbeat, this, [request]);
      beaten?.();
      return response;
    };
  },
};

/** Whoever takes records from kafkajs itself would take a batch that cannot be read for one without key and value. */
function readable(response: FetchResponse): FetchResponse {
  for (const { topicName, partitions } of response.responses) {
    for (const { partition, messages } of partitions) {
      const found = messages.find(({ unreadable }) => unreadable !== undefined);
      if (found === undefined) continue;
      const why = found.unreadable?.why ?? '';
      throw refusal(`${topicName}-${partition}: the batch that ends at ${found.offset} cannot be read: ${why}`);
    }
  }
  return response;
}
