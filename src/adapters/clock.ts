/**
 * The process clock: the only place of the service that reads the time of day and sets timers.
 * It does not correct skew; the pipeline compares it with broker time.
 */
import { setImmediate as immediate, setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../pipeline/ports.ts';

/** Returns the clock of this process. */
export function systemClock(): Clock {
  return {
    isReal: true,
    now: () => Date.now(),
    sleep: async (ms, signal) => {
      try {
        await delay(ms, undefined, signal === undefined ? {} : { signal });
      } catch (error) {
        if (signal?.aborted !== true) throw error;
      }
    },
    yieldNow: () => immediate(),
  };
}
