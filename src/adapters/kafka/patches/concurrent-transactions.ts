/**
 * Defect: AddPartitionsToTxn is repeated only as a part of repeating the whole send, and a repeated send produces
 *   again, under new sequence numbers, to every broker whose connection object has changed in between.
 * Symptom: with retries, a committed transaction can hold records twice; without, transactions back to back fail
 *   with CONCURRENT_TRANSACTIONS while the coordinator still writes the markers of the one before.
 * Source: producer/sendMessages.js, `responsePerBroker`.
 * Patch: AddPartitionsToTxn waits for the coordinator itself, at most `waitMsMax`. Our producers then run with
 *   `retries: 0`: nothing is ever produced twice.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Broker, KafkajsError } from '../internals.ts';
import type { Patch } from './patch.ts';

/** Longer than any marker write of a healthy cluster, shorter than the transaction time-out. */
const waitMsMax = 5_000;
const stepMs = 10;
/** Refusals that say "not yet": nothing was executed. */
const notYet: readonly (string | undefined)[] = ['CONCURRENT_TRANSACTIONS', 'GROUP_LOAD_IN_PROGRESS'];

export const concurrentTransactions: Patch = {
  name: 'concurrent-transactions',
  install(source) {
    const { prototype } = source.load('broker/index') as { prototype: Pick<Broker, 'addPartitionsToTxn'> };
    const { addPartitionsToTxn: stock } = prototype;
    prototype.addPartitionsToTxn = async function addPartitionsToTxn(this: Broker, request) {
      const until = Date.now() + waitMsMax;
      for (;;) {
        try {
          return await Reflect.apply(stock, this, [request]);
        } catch (error) {
          if (!notYet.includes((error as KafkajsError).type) || Date.now() >= until) throw error;
        }
        await sleep(stepMs);
      }
    };
  },
};
