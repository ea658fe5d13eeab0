/**
 * What a model file need not say, as a model file would say it. Laid under the file before it is checked, so a default obeys
 * the same rules. Deliberately nothing that is fitted: purchase process, RFM cut points, factors. docs/MODEL.md has the table.
 */
import type { EngagementWeights } from './model-relation.ts';

/** Hand-set starting points: what a kind says about interest, an action of the customer's own weighing more. */
const engagement: EngagementWeights = {
  acquired: 0,
  visit: 1,
  product_view: 1,
  cart_add: 3,
  email_open: 1,
  email_click: 2,
  campaign_touch: 0,
  coupon_redeemed: 3,
  login: 1,
  inquiry: 2,
  support_ticket: 0,
  complaint: 0,
  complaint_resolved: 0,
  suggestion: 3,
  review: 3,
  share: 4,
  referral_made: 5,
  attributes_changed: 0,
  other: 0,
};

/** The file every file is laid over. */
export const modelDefaults = {
  rates: {},
  zone: 'UTC',
  /** Five minutes: senders' clocks differ by seconds; more would let a wrong clock hold a customer's judgement ahead. */
  futureToleranceMs: 300_000,
  rings: { purchases: 16, interactions: 8, surveys: 4, credits: 8 },
  spend: { p: null, q: null, vMinor: null, medianMinor: null },
  grossMargin: { default: 1, byCategory: {} },
  clv: { horizonMonths: 12, monthlyDiscount: 0.01, maintenancePerPurchaseMinor: 0, maintenancePerMonthMinor: 0 },
  referral: { share: 0.1, capMinor: null },
  crossSell: { newCategoryRates: [] },
  winBack: null,
  priceSensitivity: { population: 0, weightDays: 3 },
  touchWindowDays: 7,
  rfm: { window: 'trailing', segments: [] },
  clusters: null,
  voice: {
    reviewScale: { min: 1, max: 5 },
    halfLifeDays: 180,
    priorWeight: 3,
    // Half way between the anchors of the presets, 40 and 90: silence neither lifts nor lowers.
    prior: 65,
    complaintStep: 10,
    maxAgeDays: 730,
  },
  engagement,
  lifecycle: {
    lostFloor: 0.1,
    lostShareOfStart: 0.25,
    wonBackDays: 90,
    potentialTtlDays: 180,
    secondPurchaseDueDays: null,
    newLapsingDays: null,
  },
  churn: {
    bands: {
      watch: { threshold: 0.5, shareOfStart: 0.8, action: null },
      alert: { threshold: 0.35, shareOfStart: 0.6, action: null },
      critical: { threshold: 0.2, shareOfStart: 0.4, action: null },
    },
    openAt: 'alert',
    minPurchaseDays: 2,
    leaveMargin: 0.05,
    coolDownDays: 28,
    forDays: 0,
    expires: 'horizon',
    overdueQuantile: 0.98,
    overdueRepeatDays: 3,
    alertsPerHour: null,
    controlShare: 0,
    controlKey: 'control-1',
    // Hand-set: the odds of a purchase are halved, lowered by a third, raised by half.
    signals: {
      openComplaint: { logOdds: -0.7, days: 90 },
      detractor: { logOdds: -0.4, days: 180 },
      recentEngagement: { logOdds: 0.4, days: 28 },
    },
  },
  tiers: { dwellDays: 30, noticeDays: 14 },
  attributes: {},
} as const;

/** Lost after 52 weeks of silence at the earliest default: twice the horizon where that is longer. */
export function lostAfterDaysDefault(horizonDays: number): number {
  return Math.max(2 * horizonDays, 364);
}
