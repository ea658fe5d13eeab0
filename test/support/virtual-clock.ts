// A clock that jumps to the next sleeper whenever the process has nothing else to do: hours pass in milliseconds, and
// the order of wake-ups is the order of their instants.
import type { Clock } from '../../src/pipeline/ports.ts';

interface Sleeper {
  readonly dueMs: number;
  readonly order: number;
  readonly wake: () => void;
}

export class VirtualClock implements Clock {
  readonly isReal = false;
  private nowMs: number;
  private order = 0;
  private sleepers: Sleeper[] = [];
  private driving = false;

  constructor(startMs: number) {
    this.nowMs = startMs;
  }

  now(): number {
    return this.nowMs;
  }

  /** Moves the clock at once: nothing that polls runs in between, as if nothing had happened for so long. */
  jump(ms: number): void {
    this.nowMs += ms;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.resolve();
    return new Promise((resolve) => {
      const sleeper: Sleeper = { dueMs: this.nowMs + ms, order: (this.order += 1), wake: resolve };
      this.sleepers.push(sleeper);
      signal?.addEventListener('abort', () => {
        this.sleepers = this.sleepers.filter((other) => other !== sleeper);
        resolve();
      });
      this.drive();
    });
  }

  async yieldNow(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** One sleeper per few turns of the event loop, so that everything woken before has run as far as it can. */
  private drive(): void {
    if (this.driving) return;
    this.driving = true;
    let turns = 0;
    const turn = (): void => {
      turns += 1;
      if (turns % 4 === 0) {
        this.sleepers.sort((a, b) => a.dueMs - b.dueMs || a.order - b.order);
        const next = this.sleepers.shift();
        if (next !== undefined && Number.isFinite(next.dueMs)) {
          this.nowMs = Math.max(this.nowMs, next.dueMs);
          next.wake();
        }
      }
      if (this.sleepers.length > 0) setImmediate(turn);
      else this.driving = false;
    };
    setImmediate(turn);
  }
}
