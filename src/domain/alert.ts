/**
 * The life of a churn alert: opened -> escalated | deescalated -> resolved | expired | suppressed. What an instant or an event
 * makes of it, given the band (churn.ts).
 *
 * I1 A purchase ends a silence and its alert; it never opens or escalates one.
 * I2 One alert per stay in the opening band: opened, waiting for its time, or spent.
 */
import { bandAt, bandNames, linesOf, noChurn, rankBelow, rankOf } from './churn.ts';
import type { ChurnStanding, CustomerState } from './contracts.ts';
import type { Purchase } from './contracts.ts';
import { churnTransition, newAlert } from './alert-transition.ts';
import type { AlertStep } from './alert-transition.ts';
import type { Model } from './model.ts';
import { restated, shifted } from './moment.ts';
import type { Moment } from './moment.ts';
import { reachesBack } from './reason.ts';
import type { Reason } from './reason.ts';
import { dayMs } from './time.ts';
import type { ChurnTransition } from './transition.ts';

/** A state and what there is to tell of it. */
export interface ToldChurn {
  readonly state: CustomerState;
  readonly transitions: readonly ChurnTransition[];
}

/** The alert's part of an event or an instant; `isLate` = an event older than what was judged already. */
export function judgeChurn(moment: Moment, isLate: boolean, reason: Reason, model: Model): ToldChurn {
  const told = new Telling(moment, isLate, reason, model);
  const { occasions } = moment;
  if (occasions === null) told.forgetSilence();
  else if (told.beginsSilence(occasions.lastAt)) told.beginSilence(occasions.lastAt);
  else told.moveOn(occasions.lastAt);
  return told;
}

/** A customer judged lost has no alert any more, and none that waits. */
export function endLostAlert(moment: Moment, reason: Reason, model: Model): ToldChurn {
  const told = new Telling(moment, false, reason, model);
  told.end('lost');
  told.set({ waitingSince: null });
  return told;
}

/** The earliest instant at which a waiting crossing becomes an alert; null when none waits or none may come of it. */
export function opensAt(moment: Moment, model: Model): number | null {
  const { churn, lifecycle } = moment.state.standing;
  const { minPurchaseDays, forDays, coolDownDays } = model.churn;
  const count = moment.occasions?.count ?? 0;
  if (churn.alert !== null || churn.waitingSince === null) return null;
  if (lifecycle.stage === 'lost' || count < minPurchaseDays) return null;
  return Math.max(churn.waitingSince + forDays * dayMs, (churn.endedAt ?? -Infinity) + coolDownDays * dayMs);
}

/** Band and alert while they are being judged, and what was told on the way. */
class Telling implements ToldChurn {
  state: CustomerState;
  readonly transitions: ChurnTransition[] = [];
  private readonly moment: Moment;
  private readonly isLate: boolean;
  private readonly reason: Reason;
  private readonly model: Model;
  /** The order that is being taken, or null. */
  private readonly order: Purchase | null;

  constructor(moment: Moment, isLate: boolean, reason: Reason, model: Model) {
    this.state = moment.state;
    this.moment = moment;
    this.isLate = isLate;
    this.reason = reason;
    this.model = model;
    const { trigger } = reason;
    const purchase = trigger.kind === 'event' && trigger.input.input === 'purchases' ? trigger.input.event : null;
    this.order = purchase?.kind === 'order' ? purchase : null;
  }

  /** No purchase is left: there is no silence to judge. */
  forgetSilence(): void {
    this.end(this.endReason('recovered'));
    const { endedAt, unscored } = this.churn;
    if (this.churn.lastPurchaseAt !== null) this.set({ ...noChurn, endedAt, unscored });
  }

  beginsSilence(lastAt: number): boolean {
    const { lastPurchaseAt } = this.churn;
    return lastPurchaseAt === null || lastAt > lastPurchaseAt || (this.order !== null && !this.isLate);
  }

  /** A silence that begins in the past is judged a millisecond later: what it has come to is not the purchase's doing. */
  beginSilence(lastAt: number): void {
    this.end(this.endReason('purchase'));
    const { moment, model } = this;
    const begins = this.isLate ? shifted(moment, lastAt) : moment;
    const floor = bandNames[rankBelow(begins, linesOf(moment, model), model)] ?? 'none';
    this.set({ band: 'none', floor, lastPurchaseAt: lastAt, crossedAt: null, waitingSince: null });
  }

  moveOn(lastAt: number): void {
    const { moment, model } = this;
    const lines = linesOf(moment, model);
    if (lastAt !== this.churn.lastPurchaseAt) this.set({ lastPurchaseAt: lastAt });
    const { band: before } = this.churn;
    const next = bandAt(this.churn, moment, lines, model);
    const [from, to] = [rankOf(before), rankOf(next.band)];
    if (this.order !== null && to > from) return;
    if (next.band !== before || next.floor !== this.churn.floor) this.moveTo(next, from, to);
    // What waits opens a millisecond later: not by a purchase either.
    if (this.order === null) this.openOrExpire();
  }

  private moveTo(next: Pick<ChurnStanding, 'band' | 'floor'>, from: number, to: number): void {
    const { band: before, crossedAt, waitingSince } = this.churn;
    const { asOf } = this.moment;
    const opening = rankOf(this.model.churn.openAt);
    const enters = from < opening && to >= opening;
    this.set({
      ...next,
      crossedAt: to > from ? asOf : to === 0 ? null : crossedAt,
      waitingSince: enters ? asOf : to >= opening ? waitingSince : null,
    });
    if (from === to) return;
    if (to < opening) this.end(this.endReason('recovered'), before);
    else this.tell({ status: to > from ? 'escalated' : 'deescalated', resolveReason: null }, before);
  }

  private openOrExpire(): void {
    const { asOf } = this.moment;
    const { alert } = this.churn;
    if (alert !== null && alert.expiresAt !== null && alert.expiresAt <= asOf) {
      this.tell({ status: 'expired', resolveReason: null }, this.churn.band);
      this.set({ alert: null, endedAt: asOf });
    }
    const moment = restated(this.moment, this.state);
    const at = opensAt(moment, this.model);
    if (at === null || at > asOf) return;
    const { alert: opened, unscored } = newAlert(moment, this.reason, this.model);
    this.set({ alert: opened, waitingSince: null, unscored });
    this.tell({ status: 'opened', resolveReason: null }, 'none');
  }

  /** Ends the open alert, if there is one. A mistaken one starts no cool-down. */
  end(resolveReason: NonNullable<AlertStep['resolveReason']>, previousBand = this.churn.band): void {
    if (this.churn.alert === null) return;
    this.tell({ status: 'resolved', resolveReason }, previousBand);
    this.set({ alert: null, endedAt: resolveReason === 'correction' ? this.churn.endedAt : this.moment.asOf });
  }

  /** An event from before the alert says that it should never have opened. */
  private endReason(usual: 'purchase' | 'recovered'): 'purchase' | 'recovered' | 'correction' | 'config' {
    if (this.reason.trigger.kind === 'config') return 'config';
    const isMistake = this.isLate && reachesBack(this.reason, this.churn.alert?.openedAt ?? null);
    return isMistake ? 'correction' : usual;
  }

  /** An event from before the latest crossing, even if only of a deeper band, says that it should not have been told. */
  private undoesLatest({ openedAt }: NonNullable<ChurnStanding['alert']>): boolean {
    const { crossedAt } = this.moment.state.standing.churn;
    return this.isLate && reachesBack(this.reason, Math.max(openedAt, crossedAt ?? openedAt));
  }

  private tell(step: AlertStep, previousBand: ChurnStanding['band']): void {
    const { alert } = this.churn;
    if (alert === null) return;
    const isWayOut = step.status === 'resolved' || step.status === 'deescalated';
    const supersedes = isWayOut && this.undoesLatest(alert) ? alert.eventId : null;
    const moment = restated(this.moment, this.state);
    const transition = churnTransition(moment, alert, step, previousBand, { ...this.reason, supersedes }, this.model);
    const { sequences } = this.state;
    this.state = { ...this.state, sequences: { ...sequences, churnAlert: transition.value.sequence } };
    this.set({ alert: { ...alert, eventId: transition.value.eventId } });
    this.transitions.push(transition);
  }

  private get churn(): ChurnStanding {
    return this.state.standing.churn;
  }

  set(changed: Partial<ChurnStanding>): void {
    const { standing } = this.state;
    this.state = { ...this.state, standing: { ...standing, churn: { ...standing.churn, ...changed } } };
  }
}
