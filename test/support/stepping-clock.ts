// A clock that stands still until somebody sleeps: a sleep moves it to its end at once and remembers how long it was.
import type { Clock } from '../../src/pipeline/ports.ts';

export interface SteppingClock extends Clock {
  /** Sleeps asked for, ms. */
  readonly sleeps: number[];
  /** Moves the clock by `ms`. */
  advance(ms: number): void;
}

/** A clock at 0. Sleeps with a signal are never over by themselves: they are time-outs, which a test must not run into. */
export function steppingClock(): SteppingClock {
  let nowMs = 0;
  const sleeps: number[] = [];
  return {
    isReal: false,
    sleeps,
    advance: (ms) => {
      nowMs += ms;
    },
    now: () => nowMs,
    sleep: (ms, signal) => {
      if (signal !== undefined) return new Promise((resolve) => signal.addEventListener('abort', () => resolve()));
      sleeps.push(ms);
      nowMs += ms;
      return Promise.resolve();
    },
    yieldNow: () => Promise.resolve(),
  };
}
