/** A one-reader doorbell: rings are remembered until the next wait, so none is lost between two looks. */
import type { Clock } from './ports.ts';

export class Wake {
  private rung = false;
  private resolve: (() => void) | null = null;

  ring(): void {
    this.rung = true;
    this.resolve?.();
  }

  /** Resolves at the next ring (at once when one is pending), or after `ms`. */
  async wait(clock: Clock, ms: number): Promise<void> {
    if (!this.rung) {
      const timer = new AbortController();
      const rung = new Promise<void>((resolve) => (this.resolve = resolve));
      await Promise.race([rung, clock.sleep(ms, timer.signal)]);
      timer.abort();
      this.resolve = null;
    }
    this.rung = false;
  }
}
