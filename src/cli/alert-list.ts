/**
 * The daily work list: churn alerts put together from the steps their topic tells, and as lines for people and tables.
 * Pure; an alert is as its newest step says, whatever the clock says of its expiry.
 */
import type { ChurnAlert, ChurnBand } from '../domain/contracts.ts';
import { csvCell } from './transition-lines.ts';

/** An alert as its newest step left it. */
export interface AlertEntry {
  readonly alertId: string;
  readonly customerId: string;
  readonly band: ChurnBand;
  /** 1 - P(buy within h), 0 to 1. */
  readonly risk: number;
  /** Null = no spend model. */
  readonly valueAtStakeMinor: number | null;
  readonly currency: string | null;
  /** Code of the recommended action; null for a control alert, which nobody may act on, too. */
  readonly action: string | null;
  readonly control: boolean;
  readonly openedAt: number;
  readonly lastPurchaseAt: number | null;
  /** Null = never. */
  readonly expiresAt: number | null;
  /** `open`, `expired`, `suppressed`, or the reason it was resolved for. */
  readonly outcome: string;
  /** When the newest step became true. */
  readonly changedAt: number;
}

/** Which alerts are wanted: those open now, or those opened since an instant, whatever became of them. */
export type AlertChoice = { readonly kind: 'open' } | { readonly kind: 'since'; readonly at: number };

export class AlertList {
  readonly #choice: AlertChoice;
  readonly #alerts = new Map<string, AlertEntry>();

  constructor(choice: AlertChoice) {
    this.#choice = choice;
  }

  /** Takes the steps of each alert in order. What is not wanted is not kept. */
  take(step: ChurnAlert): void {
    const known = this.#alerts.get(step.alertId);
    const isBeginning = step.status === 'opened' || step.status === 'suppressed';
    if (known === undefined && !isBeginning && this.#choice.kind === 'since') return;
    const openedAt = known?.openedAt ?? step.effectiveAt;
    const entry = entryOf(step, openedAt);
    const isWanted = this.#choice.kind === 'open' ? entry.outcome === 'open' : openedAt >= this.#choice.at;
    if (isWanted) this.#alerts.set(step.alertId, entry);
    else this.#alerts.delete(step.alertId);
  }

  /** The most at stake first; then who has been waiting longest. */
  entries(): readonly AlertEntry[] {
    return [...this.#alerts.values()].sort(
      (left, right) =>
        (right.valueAtStakeMinor ?? -1) - (left.valueAtStakeMinor ?? -1) ||
        left.openedAt - right.openedAt ||
        (left.customerId < right.customerId ? -1 : 1),
    );
  }
}

function entryOf(step: ChurnAlert, openedAt: number): AlertEntry {
  return {
    alertId: step.alertId,
    customerId: step.customerId,
    band: step.band,
    risk: step.risk,
    valueAtStakeMinor: step.valueAtStake?.amountMinor ?? null,
    currency: step.valueAtStake?.currency ?? null,
    action: step.control ? null : step.recommendedAction,
    control: step.control,
    openedAt,
    lastPurchaseAt: step.lastPurchaseAt,
    expiresAt: step.expiresAt,
    outcome: outcomeOf(step),
    changedAt: step.effectiveAt,
  };
}

function outcomeOf({ status, resolveReason }: ChurnAlert): string {
  switch (status) {
    case 'opened':
    case 'escalated':
    case 'deescalated':
    case 'unknown':
      return 'open';
    case 'resolved':
      return resolveReason ?? 'resolved';
    case 'expired':
    case 'suppressed':
      return status;
  }
}

const columns = [
  ...(['customerId', 'band', 'risk', 'valueAtStake', 'currency', 'action', 'control'] as const),
  ...(['openedAt', 'lastPurchaseAt', 'expiresAt', 'outcome', 'alertId'] as const),
];

/** Digits after the point of a currency's amounts. */
export type Digits = (currency: string) => number;

/** A CSV table with a header; instants in ISO 8601, amounts in units of the currency. */
export function alertsCsv(entries: readonly AlertEntry[], digits: Digits): string {
  const rows = entries.map((entry) =>
    cellsOf(entry, digits)
      .map((cell) => csvCell(cell))
      .join(','),
  );
  return [columns.join(','), ...rows].join('\n');
}

/** Aligned columns for people, without the ids. */
export function alertsText(entries: readonly AlertEntry[], digits: Digits): string {
  if (entries.length === 0) return 'no alert';
  const rows = [[...columns], ...entries.map((entry) => cellsOf(entry, digits))].map((row) => row.slice(0, -1));
  const widths = columns.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function cellsOf(entry: AlertEntry, digits: Digits): string[] {
  const { valueAtStakeMinor: minor, currency } = entry;
  const places = currency === null ? 0 : digits(currency);
  return [
    entry.customerId,
    entry.band,
    entry.risk.toFixed(3),
    minor === null ? '' : (minor / 10 ** places).toFixed(places),
    currency ?? '',
    entry.action ?? '',
    entry.control ? 'control' : '',
    iso(entry.openedAt),
    iso(entry.lastPurchaseAt),
    iso(entry.expiresAt),
    entry.outcome,
    entry.alertId,
  ];
}

function iso(at: number | null): string {
  return at === null ? '' : new Date(at).toISOString();
}
