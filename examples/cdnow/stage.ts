/** What the demo plays on: a running service, a way in, a way to watch what comes out. Types only. */
import type { Purchase, TierChanged } from '../../src/domain/contracts.ts';
import type { ImportTarget } from '../../src/pipeline/import-run.ts';

export interface RunningService {
  /** Base URL of its /metrics. */
  readonly url: string;
  /** Rejects when the service ends by itself; never resolves. */
  readonly failed: Promise<never>;
  /** Ends it as SIGTERM does. Rejects when it does not end well. */
  stop(): Promise<void>;
}

export interface Watcher {
  /** Rejects when it ends by itself; never resolves. */
  readonly failed: Promise<never>;
  close(): Promise<void>;
}

export interface Stage {
  /** One line for the summary: on what this ran. */
  readonly description: string;
  startService(): Promise<RunningService>;
  /** Hands over every committed tier change, as a subscriber would see it. */
  watch(onChange: (change: TierChanged) => void): Promise<Watcher>;
  openTarget(): Promise<{
    readonly target: ImportTarget;
    readonly encode: (event: Purchase) => Buffer;
    close(): Promise<void>;
  }>;
  /** Ends everything that was started. Idempotent. */
  close(): Promise<void>;
}

export interface StageOptions {
  /** Takes one line of progress. */
  readonly say: (line: string) => void;
  readonly modelPath: string;
}

/** Partitions of every topic of the demo: enough to show tasks side by side, few enough for a laptop. */
export const partitions = 4;
