/**
 * Defect: joining a group gives up at once on every refusal but a rebalance, a coordinator that is only loading included.
 * Symptom: a process that starts beside a fresh broker, or rejoins while one restarts, ends instead of waiting.
 * Source: consumer/consumerGroup.js, joinAndSync.
 * Patch: the two refusals that mean "not yet" are told as what is waited for; the consumer's own retries are the bound.
 */
import type { KafkajsError } from '../internals.ts';
import type { Patch } from './patch.ts';

const notYet = new Set(['GROUP_LOAD_IN_PROGRESS', 'GROUP_COORDINATOR_NOT_AVAILABLE']);
/** The type that kafkajs looks the coordinator up for again, and joins again. */
const waitedFor = 'REBALANCE_IN_PROGRESS';

type Request = (this: unknown, request: unknown) => Promise<unknown>;

export const joinRetry: Patch = {
  name: 'join-retry',
  install(source) {
    const { prototype } = source.load('broker/index') as { prototype: Record<'joinGroup' | 'syncGroup', Request> };
    for (const name of ['joinGroup', 'syncGroup'] as const) {
      const stock = prototype[name];
      prototype[name] = async function request(...args) {
        try {
          return await Reflect.apply(stock, this, args);
        } catch (error) {
          const { type } = error as KafkajsError;
          if (type !== undefined && notYet.has(type)) Object.assign(error as object, { type: waitedFor });
          throw error;
        }
      };
    }
  },
};
