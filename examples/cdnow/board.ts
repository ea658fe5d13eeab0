/**
 * What the demo has seen so far, and how it is shown: a table redrawn in place on a terminal, now and then a line
 * elsewhere. It counts what subscribers see; nothing is taken from the inside of the service.
 */
import type { TierChanged } from '../../src/domain/contracts.ts';

/** Last changes shown on a terminal. */
const shownChanges = 10;
/** Lines printed in all where there is no terminal. */
const printedLines = 40;
/** Redraws on a terminal, ms. */
const redrawMs = 150;

export interface BoardOptions {
  readonly stream: { write(text: string): unknown };
  readonly isTTY: boolean;
  /** Columns of the terminal: a wrapped row could not be redrawn in place. */
  readonly width: number;
  readonly totalEvents: number;
  /** Tier names by id, highest first. */
  readonly tiers: ReadonlyMap<string, string>;
  /** Milliseconds of a clock that only moves on. */
  readonly now: () => number;
}

export class Board {
  readonly transitions = new Map<string, number>();
  readonly latenciesMs: number[] = [];
  readonly faults: string[] = [];
  seen = 0;
  firstProducedMs: number | null = null;
  lastSeenMs = 0;
  private produced = 0;
  private readonly sentMs = new Map<string, number>();
  private readonly standing = new Map<string, { readonly tierId: string | null; readonly sequence: number }>();
  private readonly recent: string[] = [];
  private readonly options: BoardOptions;
  private readonly stride: number;
  private drawnLines = 0;
  private drawnMs = -Infinity;

  constructor(options: BoardOptions) {
    this.options = options;
    // About one change for two purchases of this data.
    this.stride = Math.max(1, Math.round(options.totalEvents / 2 / printedLines));
  }

  /** A purchase is on its way to the input topic. */
  sent(eventId: string): void {
    const atMs = this.options.now();
    this.firstProducedMs ??= atMs;
    this.produced += 1;
    this.sentMs.set(eventId, atMs);
  }

  /** A subscriber saw a committed change. */
  saw(change: TierChanged): void {
    const atMs = this.options.now();
    this.lastSeenMs = atMs;
    this.seen += 1;
    this.transitions.set(change.direction, (this.transitions.get(change.direction) ?? 0) + 1);
    const sentMs = change.causationId === null ? undefined : this.sentMs.get(change.causationId);
    if (sentMs !== undefined) this.latenciesMs.push(atMs - sentMs);
    this.check(change);
    const text = describe(change);
    this.recent.push(text);
    if (this.recent.length > shownChanges) this.recent.shift();
    if (this.options.isTTY) this.draw();
    else if (this.seen % this.stride === 1 || this.stride === 1) this.print(text);
  }

  /** Customers per tier, as the changes seen so far leave them. */
  populations(): ReadonlyMap<string, number> {
    const counts = new Map([...this.options.tiers.keys()].map((id) => [id, 0]));
    for (const { tierId } of this.standing.values())
      if (tierId !== null) counts.set(tierId, (counts.get(tierId) ?? 0) + 1);
    return counts;
  }

  /** Draws the table once more and leaves it. */
  finish(): void {
    if (!this.options.isTTY) return;
    this.drawnMs = -Infinity;
    this.draw();
  }

  /** What a subscriber can check without trusting the service: sequences without gaps, contributions that add up. */
  private check({ customerId, sequence, currentTier, factors, scoreBefore, scoreAfter }: TierChanged): void {
    const expected = (this.standing.get(customerId)?.sequence ?? 0) + 1;
    if (sequence !== expected) this.faults.push(`customer ${customerId}: sequence ${sequence} instead of ${expected}`);
    const sum = factors.reduce((total, { contribution }) => total + contribution, 0);
    if (sum !== scoreAfter - scoreBefore) this.faults.push(`customer ${customerId}: contributions do not add up`);
    this.standing.set(customerId, { tierId: currentTier?.id ?? null, sequence });
  }

  private print(text: string): void {
    if (this.seen === 1) {
      const { stream } = this.options;
      stream.write(`${this.stride === 1 ? 'Every change' : `One of ${this.stride} changes`}:\n${columns}\n`);
    }
    this.options.stream.write(`${text}\n`);
  }

  private draw(): void {
    const atMs = this.options.now();
    if (atMs - this.drawnMs < redrawMs) return;
    this.drawnMs = atMs;
    const lines = [columns, ...this.recent, '', ...this.totals()];
    const up = this.drawnLines > 0 ? `\u001b[${this.drawnLines}A` : '';
    this.options.stream.write(
      `${up}${lines.map((text) => `\r\u001b[K${text.slice(0, this.options.width)}\n`).join('')}`,
    );
    this.drawnLines = lines.length;
  }

  private totals(): string[] {
    const { totalEvents, tiers } = this.options;
    const populations = this.populations();
    const most = Math.max(1, ...populations.values());
    const bars = [...tiers].map(([id, name]) => {
      const count = populations.get(id) ?? 0;
      return `  ${name.padEnd(6)} ${String(count).padStart(6)} ${'█'.repeat(Math.round((count / most) * 40))}`;
    });
    const directions = [...this.transitions].map(([direction, count]) => `${direction} ${count}`).join(' · ');
    return [`  purchases ${this.produced} of ${totalEvents} · changes ${this.seen} (${directions})`, ...bars];
  }
}

/** Names of the columns of a row. */
export const columns =
  '  date        customer  change     from → to      score before → after, and the factor that did most';

/** One change as a row: when, who, from where to where, the score, and the factor that did most. */
export function describe(change: TierChanged): string {
  const { direction, effectiveAt, customerId, scoreBefore, scoreAfter, factors } = change;
  // What will fall has not: it is shown with where it would.
  const isAhead = direction === 'will_fall';
  const [from, to] = isAhead ? [change.currentTier, change.decaysTo?.tier] : [change.previousTier, change.currentTier];
  const main = [...factors].sort((left, right) => Math.abs(right.contribution) - Math.abs(left.contribution))[0];
  const tiers = `${(from?.name ?? '–').padEnd(4)} ${isAhead ? '⇢' : '→'} ${(to?.name ?? '–').padEnd(4)}`;
  const score = `${points(scoreBefore)} → ${points(scoreAfter)}`;
  const why =
    main === undefined ? '' : `  ${main.name} ${main.contribution < 0 ? '' : '+'}${points(main.contribution).trim()}`;
  return `  ${new Date(effectiveAt).toISOString().slice(0, 10)}  ${customerId.padEnd(8)}  ${direction.padEnd(10)} ${tiers}  ${score}${why}`;
}

function points(hundredths: number): string {
  return (hundredths / 100).toFixed(2).padStart(6);
}

/** The value below which the share `q` of `values` lies (nearest rank); null of none. */
export function quantile(values: readonly number[], q: number): number | null {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? null;
}
