/**
 * How many alerts a task may open within an hour of firing (UTC, process clock): its share of what the model allows the
 * installation. What is over the budget is published as suppressed and counted, so opened + suppressed = crossed.
 */
import type { AlertBudget } from '../domain/contracts.ts';

const hourMs = 3_600_000;

export class HourlyBudget {
  /** As `m:budget` stores it; null = none was ever needed. */
  held: AlertBudget | null;

  constructor(held: AlertBudget | null) {
    this.held = held;
  }

  /** Asks to open one more alert at `nowMs`; `perHour` null = no budget. False = it must be suppressed. */
  open(perHour: number | null, nowMs: number): boolean {
    if (perHour === null) return true;
    const hourStartAt = Math.floor(nowMs / hourMs) * hourMs;
    const held = this.held?.hourStartAt === hourStartAt ? this.held : { hourStartAt, opened: 0, suppressed: 0 };
    const mayOpen = held.opened < perHour;
    this.held = mayOpen ? { ...held, opened: held.opened + 1 } : { ...held, suppressed: held.suppressed + 1 };
    return mayOpen;
  }
}
