/**
 * How far the process clock is off broker time, the reference: measured at every commit, from the moment the changelog
 * entry was sent, its append time, and the moment of the reply. A clock that is not real (tests, replays) is not compared.
 */

/** Beyond this the measure is too old to fire timers by, ms: a clock can be set at any moment. */
const freshMs = 60_000;

export class ClockSkew {
  /** Process clock less broker time, ms; 0 while the append lies between send and reply. */
  skewMs = 0;
  private measuredAtMs = -Infinity;
  private readonly maxMs: number;
  private readonly isReal: boolean;

  /** `maxMs`: further off than this fires no timers. */
  constructor(maxMs: number, isReal: boolean) {
    this.maxMs = maxMs;
    this.isReal = isReal;
  }

  /** Takes a measure: process clock at send and at reply, broker time of the append between. */
  measured(sentAtMs: number, repliedAtMs: number, brokerTimeMs: number): void {
    if (!this.isReal || brokerTimeMs < 0) return;
    this.measuredAtMs = repliedAtMs;
    this.skewMs =
      brokerTimeMs < sentAtMs ? sentAtMs - brokerTimeMs : brokerTimeMs > repliedAtMs ? repliedAtMs - brokerTimeMs : 0;
  }

  /** True when the clock is too far off to prove anything. */
  get isTooFar(): boolean {
    return Math.abs(this.skewMs) > this.maxMs;
  }

  /** True when the newest measure still says something of `nowMs`. */
  isFresh(nowMs: number): boolean {
    return !this.isReal || Math.abs(nowMs - this.measuredAtMs) <= freshMs;
  }
}
