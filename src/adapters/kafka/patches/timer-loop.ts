/**
 * Defect: the check for pending requests arms a timer even when nothing is pending, with a negative delay.
 * Symptom: about 900 timers a second per connection for ever, 3 % of a core when idle, TimeoutNegativeWarning.
 * Source: network/requestQueue/index.js, scheduleCheckPendingRequests.
 * Patch: armed only while something is pending; the end of a throttle, or 10 ms, decides when.
 */
import type { Patch } from './patch.ts';

/** As in the source. */
const checkIntervalMs = 10;

interface RequestQueue {
  readonly pending: readonly unknown[];
  readonly throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  checkPendingRequests(): void;
}

export const timerLoop: Patch = {
  name: 'timer-loop',
  install(source) {
    const queue = source.load('network/requestQueue/index') as { prototype: object };
    function scheduleCheckPendingRequests(this: RequestQueue): void {
      if (this.throttleCheckTimeoutId !== null || this.pending.length === 0) return;
      const throttledMs = this.throttledUntil - Date.now();
      this.throttleCheckTimeoutId = setTimeout(
        () => {
          this.throttleCheckTimeoutId = null;
          this.checkPendingRequests();
        },
        throttledMs > 0 ? throttledMs : checkIntervalMs,
      );
    }
    Object.assign(queue.prototype, { scheduleCheckPendingRequests });
  },
};
