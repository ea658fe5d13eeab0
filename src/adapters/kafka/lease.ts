/**
 * How long a member may be sure that what it was given is nobody else's: a session time-out from when its newest
 * answered request was *sent*. A process that was frozen may read the answer of a heartbeat much later than the
 * coordinator took that heartbeat, so the instant of the answer proves nothing.
 *
 * L1 Nothing sent before `end` renews what `begin` begins.
 * L2 A clock that was set, or one that stood still while the machine slept, does not lengthen it: both must agree.
 */
import { performance } from 'node:perf_hooks';

interface Instant {
  readonly steadyMs: number;
  readonly wallMs: number;
}

const systemNow = (): Instant => ({ steadyMs: performance.now(), wallMs: Date.now() });

export class Lease {
  readonly #sessionMs: number;
  readonly #now: () => Instant;
  /** Grows with every end. */
  #round = 0;
  #began = false;
  #since: Instant | null = null;

  /** `sessionMs`: after which silence the group gives away what this member has. */
  constructor(sessionMs: number, now: () => Instant = systemNow) {
    this.#sessionMs = sessionMs;
    this.#now = now;
  }

  /** The assignment of this member is in force, from here on requests that are answered renew the lease. */
  begin(): void {
    this.#began = true;
  }

  /** The assignment may be somebody else's from now on. */
  end(): void {
    this.#round += 1;
    this.#began = false;
    this.#since = null;
  }

  /** A request is about to be sent; call what is returned when it was answered well. */
  asking(): () => void {
    const round = this.#round;
    const at = this.#now();
    return () => {
      if (this.#began && this.#round === round) this.#since = at;
    };
  }

  holds(): boolean {
    if (!this.#began || this.#since === null) return false;
    const now = this.#now();
    const steady = now.steadyMs - this.#since.steadyMs;
    const wall = Math.abs(now.wallMs - this.#since.wallMs);
    return Math.max(steady, wall) < this.#sessionMs;
  }
}
