/**
 * The order in which a task takes records: by merge key over its inputs; ties purchase before interaction before
 * survey, then offset. Waits for an input that may still hold something earlier, at most `waitMs` per episode; after
 * that the input is stalled until it delivers, and what it brings late is judged as late.
 */
import type { Entry, TaskInput } from './input.ts';
import type { InputName } from './ports.ts';

export type Pick =
  | { readonly kind: 'take'; readonly input: TaskInput }
  /** Nothing may be taken before an input delivers, or `untilMs` passes; the present = a schema must be learned first. */
  | { readonly kind: 'wait'; readonly untilMs: number }
  | { readonly kind: 'empty' };

export class Merge {
  private readonly inputs: readonly TaskInput[];
  private readonly waitMs: number;
  private waitingSinceMs: number | null = null;

  /** `inputs` in tie order. */
  constructor(inputs: readonly TaskInput[], waitMs: number) {
    this.inputs = inputs;
    this.waitMs = waitMs;
  }

  /** What to take next at process instant `nowMs`. Marks inputs as stalled when the episode is over. */
  next(nowMs: number): Pick {
    let best: TaskInput | null = null;
    let bestEntry: Entry | undefined;
    let waiting = false;
    let schemaMissing = false;
    for (const input of this.inputs) {
      const entry = input.peek();
      if (entry === undefined) {
        waiting ||= input.mustWait();
        schemaMissing ||= input.unknownSchemaId !== null;
      } else if (bestEntry === undefined || entry.mergeKeyMs < bestEntry.mergeKeyMs) {
        best = input;
        bestEntry = entry;
      }
    }
    if (waiting && best !== null && !schemaMissing) return this.waitOr(best, nowMs);
    this.waitingSinceMs = null;
    if (schemaMissing) return { kind: 'wait', untilMs: nowMs };
    return best === null ? { kind: 'empty' } : { kind: 'take', input: best };
  }

  private waitOr(best: TaskInput, nowMs: number): Pick {
    this.waitingSinceMs ??= nowMs;
    const untilMs = this.waitingSinceMs + this.waitMs;
    if (nowMs < untilMs) return { kind: 'wait', untilMs };
    for (const input of this.inputs) if (input.mustWait()) input.stalled = true;
    this.waitingSinceMs = null;
    return { kind: 'take', input: best };
  }
}

/**
 * Up to here timers fire: what every input is read up to, less its grace. Inside an import it is the event time of the
 * import, so it may lie before task time.
 */
export function firingTimeOf(
  inputs: readonly TaskInput[],
  graceMs: Readonly<Record<InputName, number>>,
  nowMs: number,
): number {
  let least = nowMs;
  for (const input of inputs) least = Math.min(least, input.horizonMs - graceMs[input.name]);
  return least;
}

/** Task time of design section 2: the least input time, capped by the process clock, never below `previousMs`. */
export function taskTimeOf(inputs: readonly TaskInput[], previousMs: number, nowMs: number): number {
  let least = nowMs;
  for (const input of inputs) least = Math.min(least, input.inputTimeMs);
  return Math.max(previousMs, least);
}
