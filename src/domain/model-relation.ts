/**
 * The parts of a model that watch a relation: what customers say, how they engage, which stage they are in, and when
 * silence becomes a risk. Parameters only.
 */
import type { ChurnBand, InteractionKind } from './contracts.ts';

/** How answers become one satisfaction index, 0-100. */
export interface VoiceModel {
  /** Scale of the rating on a `review` interaction, which carries none; surveys declare their own. */
  readonly reviewScale: { readonly min: number; readonly max: number };
  /** An answer this much older than the newest one counts half. */
  readonly halfLifeDays: number;
  /** k: the prior counts as this many answers of today. */
  readonly priorWeight: number;
  /** Satisfaction without any answer, 0-100. */
  readonly prior: number;
  /** Points of satisfaction taken off per open complaint. */
  readonly complaintStep: number;
  /** When the newest answer is this old, satisfaction steps to the prior. */
  readonly maxAgeDays: number;
}

/** Integer weight per interaction kind; 0 = not an engagement. */
export type EngagementWeights = Readonly<Record<InteractionKind, number>>;

export interface LifecycleModel {
  /** Lost at the first fall of P(buy within 365 days) to min(lostFloor, lostShareOfStart x its value after the purchase). */
  readonly lostFloor: number;
  readonly lostShareOfStart: number;
  /** Lost after this much silence at the latest. */
  readonly lostAfterDays: number;
  /** A customer won back is stable again after this long, or at the next purchase day. */
  readonly wonBackDays: number;
  /** A customer without a purchase is forgotten after this much silence. */
  readonly potentialTtlDays: number;
  /** Notice to first-timers: the median time to a second purchase among repeaters; null = no notice. */
  readonly secondPurchaseDueDays: number | null;
  /** Second notice: its 80th percentile; null = no notice. */
  readonly newLapsingDays: number | null;
}

/** The bands of risk that have a line, mildest first. */
export type AlertBand = Exclude<ChurnBand, 'none'>;

export interface ChurnModel {
  readonly bands: Readonly<Record<AlertBand, ChurnBandModel>>;
  /** The band an alert opens at. */
  readonly openAt: AlertBand;
  /** Purchase days from which a customer can have an alert. */
  readonly minPurchaseDays: number;
  /** A band is left when P(buy) is this much above its line. */
  readonly leaveMargin: number;
  /** No new alert this long after one ended; 0 = none. */
  readonly coolDownDays: number;
  /** The line must be passed for this long. */
  readonly forDays: number;
  /** When an open alert ends by itself: one horizon after it opened, or never. */
  readonly expires: 'horizon' | 'never';
  /** On a degenerate fit: the quantile of the gap, and the repeat purchase days needed, that open instead. */
  readonly overdueQuantile: number;
  readonly overdueRepeatDays: number;
  /** Alerts per UTC hour over all tasks; null = no budget. */
  readonly alertsPerHour: number | null;
  /** Share of alerts that are marked as control and must not be acted on, 0-1. */
  readonly controlShare: number;
  /** Draws the control group; another key draws another one. */
  readonly controlKey: string;
  readonly signals: ChurnSignals;
}

/** Entered at P(buy within h) <= min(threshold, shareOfStart x its value after the purchase). */
export interface ChurnBandModel {
  readonly threshold: number;
  /** Null = the threshold alone. */
  readonly shareOfStart: number | null;
  /** Code of the recommended action; null = none. */
  readonly action: string | null;
}

/** Shifts of the log-odds of P(buy within h); each ends at a known instant. */
export interface ChurnSignals {
  /** While a complaint is open, at most this long. */
  readonly openComplaint: ChurnSignal;
  /** After an NPS answer of 0-6. */
  readonly detractor: ChurnSignal;
  /** After an interaction of weight above 0. */
  readonly recentEngagement: ChurnSignal;
}

export interface ChurnSignal {
  readonly logOdds: number;
  readonly days: number;
}
