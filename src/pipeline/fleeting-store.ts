/** A task's store without a copy on disk: what it holds ends with the process, and comes back from the changelog. */
import type { StateStore, TaskStore, TimerIndex } from './ports.ts';

interface Clearable {
  clear(): void;
}

/** Makes a store of states and timers that are held in memory only. */
export function fleetingStore(states: StateStore & Clearable, timers: TimerIndex & Clearable): TaskStore {
  const clear = (): void => {
    states.clear();
    timers.clear();
  };
  return {
    states,
    timers,
    open: () => {
      clear();
      return Promise.resolve(null);
    },
    reached: () => undefined,
    save: () => false,
    saveDueMs: Infinity,
    savedAtMs: null,
    wipe: () => {
      clear();
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
}
