/** How far the reading of a changelog has come, how fast, and how long it will take: for logs, metrics and readiness. */
import type { Logger, Telemetry } from './ports.ts';

/** The progress is logged at most this often, ms. */
const logEveryMs = 10_000;
/** Before this an estimate is a guess, ms. */
const estimateAfterMs = 1_000;

/** What is told of a restore under way. */
export interface RestoreState {
  /** Offsets of the changelog still to read: at most so many records. */
  readonly remaining: number;
  /** Null = not known yet. */
  readonly perSecond: number | null;
  readonly leftMs: number | null;
}

export class RestoreProgress {
  private readonly logger: Logger;
  private readonly telemetry: Telemetry;
  private readonly partition: number;
  private startedMs = 0;
  private loggedMs = 0;
  private total = 0;
  private current: RestoreState | null = null;

  constructor(deps: { readonly logger: Logger; readonly telemetry: Telemetry }, partition: number) {
    this.logger = deps.logger;
    this.telemetry = deps.telemetry;
    this.partition = partition;
  }

  /** Null while nothing is read. */
  get state(): RestoreState | null {
    return this.current;
  }

  begin(total: number, nowMs: number): void {
    this.total = total;
    this.startedMs = nowMs;
    this.loggedMs = nowMs;
    this.current = { remaining: total, perSecond: null, leftMs: null };
  }

  read(records: number, remaining: number, nowMs: number): void {
    const elapsedMs = nowMs - this.startedMs;
    const done = this.total - remaining;
    const isKnown = elapsedMs >= estimateAfterMs && done > 0;
    const leftMs = isKnown ? Math.round((elapsedMs / done) * remaining) : null;
    const perSecond = isKnown ? Math.round((done / elapsedMs) * 1_000) : null;
    this.current = { remaining, perSecond, leftMs };
    this.telemetry.restored(this.partition, records, remaining, leftMs);
    if (nowMs - this.loggedMs < logEveryMs) return;
    this.loggedMs = nowMs;
    this.logger.info('task.restoring', { partition: this.partition, remaining, perSecond, leftMs });
  }

  end(): void {
    this.current = null;
  }
}
