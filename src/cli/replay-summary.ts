/** What came about in a replay: counts while it runs, the table and the JSON object at its end. */
import type { CustomerState } from '../domain/contracts.ts';
import type { InputEvent } from '../domain/event.ts';
import type { Taken } from '../domain/replay.ts';
import type { Transition } from '../domain/step.ts';
import type { History } from './history.ts';
import { kindOf, topicOf } from './transition-lines.ts';

type Counts = Readonly<Record<string, number>>;

export interface ReplaySummary {
  /** Rows of the files or records of the topics, and those that made no event, by reason. */
  readonly rows: number;
  readonly refusedRows: Counts;
  /** Instants of the first and the last event taken, epoch ms; null when there was none. */
  readonly from: number | null;
  readonly to: number | null;
  readonly customers: number;
  /** Outcomes by input. */
  readonly outcomes: Readonly<Record<string, Counts>>;
  /** Events a running service would have made dead letters, by reason. */
  readonly rejected: Counts;
  /** Kinds of transitions by topic. */
  readonly transitions: Readonly<Record<string, Counts>>;
  /** Customers at the end by tier id (`none` without) and by stage. */
  readonly tiers: Counts;
  readonly lifecycle: Counts;
}

export class ReplayTally {
  private readonly outcomes = new Map<string, Map<string, number>>();
  private readonly rejected = new Map<string, number>();
  private readonly transitions = new Map<string, Map<string, number>>();
  private from: number | null = null;
  private to: number | null = null;

  took({ input, event }: InputEvent, { outcome, reason }: Taken): void {
    count(inner(this.outcomes, input), outcome);
    if (reason !== null) count(this.rejected, reason);
    this.from ??= event.occurredAt;
    this.to = event.occurredAt;
  }

  told(transition: Transition): void {
    count(inner(this.transitions, topicOf(transition)), kindOf(transition));
  }

  summary({ rows, refused }: Pick<History, 'rows' | 'refused'>, states: Iterable<CustomerState>): ReplaySummary {
    const refusedRows = new Map<string, number>();
    for (const { reason } of refused) count(refusedRows, reason);
    const tiers = new Map<string, number>();
    const lifecycle = new Map<string, number>();
    let customers = 0;
    for (const { standing } of states) {
      customers += 1;
      count(tiers, standing.tierId ?? 'none');
      count(lifecycle, standing.lifecycle.stage ?? 'none');
    }
    return {
      rows,
      refusedRows: plain(refusedRows),
      from: this.from,
      to: this.to,
      customers,
      outcomes: nested(this.outcomes),
      rejected: plain(this.rejected),
      transitions: nested(this.transitions),
      tiers: plain(tiers),
      lifecycle: plain(lifecycle),
    };
  }
}

function inner(counts: Map<string, Map<string, number>>, name: string): Map<string, number> {
  const found = counts.get(name);
  if (found !== undefined) return found;
  const fresh = new Map<string, number>();
  counts.set(name, fresh);
  return fresh;
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

/** Most frequent first. */
function plain(counts: ReadonlyMap<string, number>): Counts {
  return Object.fromEntries([...counts].sort((left, right) => right[1] - left[1]));
}

function nested(counts: ReadonlyMap<string, ReadonlyMap<string, number>>): Readonly<Record<string, Counts>> {
  return Object.fromEntries([...counts].map(([name, own]) => [name, plain(own)]));
}

/** The summary as a table for people. */
export function summaryText(summary: ReplaySummary, unit: History['unit']): string {
  const { rows, from, to, customers } = summary;
  const span = from === null || to === null ? '' : `, ${isoMinute(from)} to ${isoMinute(to)}`;
  const lines = [
    `${rows} ${unit}, ${customers} customers${span}`,
    ...table('events', summary.outcomes),
    ...table('transitions', summary.transitions),
    ...table('customers', { 'by tier': summary.tiers, 'by stage': summary.lifecycle }),
    ...table('not taken', { [`${unit} refused`]: summary.refusedRows, 'events rejected': summary.rejected }),
  ];
  return lines.join('\n');
}

function table(title: string, groups: Readonly<Record<string, Counts>>): readonly string[] {
  const filled = Object.entries(groups).filter(([, counts]) => Object.keys(counts).length > 0);
  if (filled.length === 0) return [];
  const width = Math.max(...filled.map(([name]) => name.length));
  const text = (counts: Counts): string =>
    Object.entries(counts)
      .map(([name, number]) => `${name} ${number}`)
      .join(', ');
  return [title, ...filled.map(([name, counts]) => `  ${name.padEnd(width)}  ${text(counts)}`)];
}

function isoMinute(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16)}Z`;
}
