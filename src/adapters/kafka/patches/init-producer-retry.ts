/**
 * Defect: InitProducerId retries with a fixed first wait of 300 ms, since `cluster.retry` is read and never set.
 * Symptom: fencing an owner that left a transaction open costs at least 300 ms; a take-over does it for every task.
 * Source: producer/eosManager/index.js, `createRetry(cluster.retry)`.
 * Patch: the retry options stand where the source looks for them; the sum of the waits stays bounded by about 9 s,
 *   as in stock.
 */
import type { Patch } from './patch.ts';

const retry = { initialRetryTime: 15, factor: 0.2, multiplier: 1.5, maxRetryTime: 250, retries: 40 } as const;

interface EosOptions {
  readonly cluster: object;
}

export const initProducerRetry: Patch = {
  name: 'init-producer-retry',
  install(source) {
    const createEosManager = source.load('producer/eosManager/index') as (options: EosOptions) => object;
    source.replace('producer/eosManager/index', (options: EosOptions) => {
      Object.assign(options.cluster, { retry });
      return createEosManager(options);
    });
  },
};
