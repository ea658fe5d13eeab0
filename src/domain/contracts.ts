// Generated from schemas/*.avsc by scripts/generate-contracts.ts; do not edit.
// The JSON shape of every record: longs are numbers, instants epoch ms, money minor units, null fields present.

/** One entry of the changelog. */
export interface ChangelogRecord {
  /** The entry; its kind follows from the key. */
  readonly entry: CustomerState | ErasureMarker | TaskOffsets | TaskModel | RescoreCursor | AlertBudget | Scoreboard;
}

/** Sufficient statistics of one customer; key c:<customerId>. */
export interface CustomerState {
  /** Customer id. */
  readonly customerId: string;
  /** Earliest occurredAt of an event applied. */
  readonly firstSeenAt: number;
  /** Start of week 0 of the customer’s own weeks: occurredAt of the first event taken. */
  readonly anchorAt: number;
  /** Newest instant judged; never falls. */
  readonly evaluatedTo: number;
  /** Earliest instant at which silence may change something, or a cap of the search; at or before evaluatedTo = not searched yet. */
  readonly nextDue: number | null;
  /** Model revision that scored last. */
  readonly modelRevision: number;
  /** True = events are not applied. */
  readonly restricted: boolean;
  /** Last sequence number per output topic. */
  readonly sequences: Sequences;
  /** What was last told the world. */
  readonly standing: Standing;
  /** The newest 64 purchase days, exact, ascending. */
  readonly days: readonly PurchaseDay[];
  /** Totals of the days before the exact ones. */
  readonly older: OlderDays;
  /** Lifetime totals. */
  readonly totals: LifetimeTotals;
  /** Ascending; a bucket leaves the window 365 days after its end. */
  readonly weeks: readonly WeekBucket[];
  /** Dedupe memory of purchases. */
  readonly purchaseRing: Ring;
  /** Dedupe memory of interactions. */
  readonly interactionRing: Ring;
  /** Dedupe memory of surveys. */
  readonly surveyRing: Ring;
  /** Interactions so far. */
  readonly interactions: InputTally;
  /** Surveys so far. */
  readonly surveys: InputTally;
  /** Ascending by hash, at most 64; further ones are not kept. */
  readonly categories: readonly CategorySpend[];
  /** Ascending by (at, eventId); the newest eight of each kind. */
  readonly answers: readonly Answer[];
  /** Complaints. */
  readonly complaints: Complaints;
  /** Ascending; the newest 13 weeks. */
  readonly engagement: readonly EngagementWeek[];
  /** Newest interaction of weight above 0. */
  readonly engagedAt: number | null;
  /** Channels used; the first eight in the order of their codes. */
  readonly channels: readonly string[];
  /** Acquisition. */
  readonly acquisition: Acquisition;
  /** Campaign touches. */
  readonly touches: Touches;
  /** Ascending by name. */
  readonly attributes: readonly AttributeValue[];
  /** Referrals. */
  readonly referrals: Referrals;
}

/** What was last told the world. */
export interface Standing {
  /** Tier; null = none. */
  readonly tierId: string | null;
  /** When the tier became effective. */
  readonly tierEnteredAt: number | null;
  /** Total score last told, hundredths. */
  readonly total: number;
  /** In the order of the model. */
  readonly factors: readonly StandingFactor[];
  /** eventId of the last TierChanged. */
  readonly tierEventId: string | null;
  /** Tier before the last TierChanged; null = none. */
  readonly previousTierId: string | null;
  /** When the tier before the last TierChanged became effective. */
  readonly previousTierEnteredAt: number | null;
  /** Lifecycle as last told. */
  readonly lifecycle: LifecycleStanding;
  /** Holds until the next event; null = not searched since. */
  readonly ahead: TierAhead | null;
  /** When will_fall was told and neither the fall nor held has come; null = no notice stands. */
  readonly fallNoticedAt: number | null;
  /** Churn as last judged. */
  readonly churn: ChurnStanding;
}

/** One factor as last told. */
export interface StandingFactor {
  /** Name of the factor. */
  readonly name: string;
  /** Metric value; null = missing. */
  readonly value: number | null;
  /** Points, hundredths. */
  readonly points: number;
}

/** Stage last told. */
export interface LifecycleStanding {
  /** Stage; null = none told yet. */
  readonly stage: LifecycleStage | null;
  /** When the stage became effective. */
  readonly enteredAt: number | null;
  /** firstAt of the last purchase day at that moment; null = no purchase. */
  readonly lastPurchaseAt: number | null;
  /** eventId of the last LifecycleChanged. */
  readonly eventId: string | null;
  /** Stage before the last LifecycleChanged; null = none. */
  readonly previousStage: LifecycleStage | null;
  /** When the stage before became effective. */
  readonly previousEnteredAt: number | null;
  /** lastPurchaseAt of the stage before. */
  readonly previousLastPurchaseAt: number | null;
  /** Notices to a first-timer told so far: 1 = second_purchase_due, 2 = new_lapsing. */
  readonly noticesTold: number;
}

/** Stage of a customer. `unknown` is never written: it stands for a symbol of a newer version. */
export type LifecycleStage = 'potential' | 'new' | 'stable' | 'lost' | 'won_back' | 'unknown';

/** What silence was found to do to the tier. */
export interface TierAhead {
  /** The tier does not change before this instant: that of the change, or how far was searched. */
  readonly knownUntil: number;
  /** True = it changes at that instant. */
  readonly changes: boolean;
  /** Tier then. */
  readonly tierId: string | null;
}

/** Band of risk, and the alert of this silence. */
export interface ChurnStanding {
  /** Band entered. */
  readonly band: ChurnBand;
  /** Strictest band the customer has not been above since the last purchase: up to here nothing can be crossed. */
  readonly floor: ChurnBand;
  /** firstAt of the purchase day the silence began with; null = no purchase. */
  readonly lastPurchaseAt: number | null;
  /** When the band was entered. */
  readonly crossedAt: number | null;
  /** Crossing of the opening band that has no alert yet: it waits for its time or for the end of the cool-down. */
  readonly waitingSince: number | null;
  /** Open alert. */
  readonly alert: OpenAlert | null;
  /** When the latest alert ended: the cool-down runs from here. */
  readonly endedAt: number | null;
  /** Ascending by dueAt, at most eight; the oldest is let go unscored. */
  readonly unscored: readonly UnscoredAlert[];
}

/** Risk band; none = above every line. */
export type ChurnBand = 'none' | 'watch' | 'alert' | 'critical';

/** An alert that is open. */
export interface OpenAlert {
  /** Stable to its end. */
  readonly alertId: string;
  /** When it opened. */
  readonly openedAt: number;
  /** When it ends by itself; null = never. */
  readonly expiresAt: number | null;
  /** Control group. */
  readonly control: boolean;
  /** eventId of its latest ChurnAlert. */
  readonly eventId: string;
}

/** An alert whose horizon has not ended. */
export interface UnscoredAlert {
  /** Alert. */
  readonly alertId: string;
  /** When it opened. */
  readonly openedAt: number;
  /** When its horizon ends. */
  readonly dueAt: number;
  /** Band it opened at. */
  readonly band: ChurnBand;
  /** Probability of a purchase within the horizon at that moment, 0-1. */
  readonly probability: number;
  /** Control group. */
  readonly control: boolean;
  /** True = a campaign touch followed within 14 days. */
  readonly isTreated: boolean;
  /** True = a purchase followed within the horizon. */
  readonly hasReturned: boolean;
  /** Margin of the purchases within the horizon, minor units. */
  readonly marginMinor: number;
}

/** One business day of purchases; every field is commutative. */
export interface PurchaseDay {
  /** Business day, days since 1970-01-01. */
  readonly day: number;
  /** Orders less cancellations; an occasion while above 0. */
  readonly orders: number;
  /** Amounts less reversals, minor units. */
  readonly netMinor: number;
  /** Earliest occurredAt or orderedAt ever seen for the day. */
  readonly firstAt: number;
  /** The part of netMinor whose costs came with its events, minor units. */
  readonly pricedMinor: number;
  /** Cost of goods that came with the events, and what category margins differ from the default one for the rest, minor units. */
  readonly goodsMinor: number;
  /** Packing and shipping that came with the events, minor units. */
  readonly logisticsMinor: number;
  /** Orders with a campaign, a coupon or a discount, less such cancellations. */
  readonly promoted: number;
}

/** What is left of the purchase days before the exact ones; nothing is placed there any more. */
export interface OlderDays {
  /** Newest business day that left the exact ones; null = none did. */
  readonly throughDay: number | null;
  /** Purchase days. */
  readonly days: number;
  /** firstAt of the first purchase day. */
  readonly firstAt: number | null;
  /** firstAt of the last of them. */
  readonly lastAt: number | null;
  /** Net amount of the first purchase day, minor units. */
  readonly firstDayNetMinor: number;
  /** Purchase days with a promoted order. */
  readonly promotedDays: number;
  /** Purchase days after the first with a net amount above 0. */
  readonly paidRepeatDays: number;
  /** Net amount of those days, minor units. */
  readonly paidRepeatMinor: number;
  /** Net amount of the purchase days, minor units. */
  readonly basketMinor: number;
  /** Sum of the squared net amounts, minor units squared, divided by 2^53. */
  readonly basketSquaresHigh: number;
  /** The rest of that division. */
  readonly basketSquaresLow: number;
  /** Sum of the squared gaps between purchase days, days squared. */
  readonly gapSquares: number;
  /** Gaps within the repurchase window of the model. */
  readonly shortGaps: number;
}

/** Lifetime totals. */
export interface LifetimeTotals {
  /** Amounts of all orders, before refunds, minor units. */
  readonly revenueMinor: number;
  /** Given back by refunds and cancellations, minor units. */
  readonly refundsMinor: number;
  /** Events that changed the totals only: their day is not known, or not any more. */
  readonly unplacedCount: number;
  /** Discounts taken off the orders, less those of reversals, minor units. */
  readonly discountMinor: number;
  /** Net amount whose costs came with its events, minor units. */
  readonly pricedMinor: number;
  /** Cost of goods, as in a purchase day, minor units. */
  readonly goodsMinor: number;
  /** Packing and shipping, minor units. */
  readonly logisticsMinor: number;
  /** Service, minor units. */
  readonly serviceMinor: number;
  /** Marketing, minor units. */
  readonly marketingMinor: number;
  /** Acquisition, minor units. */
  readonly acquisitionMinor: number;
}

/** Seven days of the customer’s own weeks, for the trailing window: purchase days that left the exact ones, and contact costs. */
export interface WeekBucket {
  /** Weeks from anchorAt; negative before it. */
  readonly week: number;
  /** Net amount of its purchase days, minor units. */
  readonly netMinor: number;
  /** Purchase days. */
  readonly days: number;
  /** As in a purchase day. */
  readonly pricedMinor: number;
  /** As in a purchase day. */
  readonly goodsMinor: number;
  /** As in a purchase day. */
  readonly logisticsMinor: number;
  /** Service costs, minor units. */
  readonly serviceMinor: number;
  /** Marketing costs, minor units. */
  readonly marketingMinor: number;
}

/** Ids of the newest events of an input, for dedupe; the smallest (at, high, low) is evicted first. */
export interface Ring {
  /** In ascending order. */
  readonly entries: readonly RingEntry[];
  /** Newest occurredAt ever evicted: an event not newer than it is ambiguous. */
  readonly evictedAt: number | null;
  /** Ambiguous events: counted, not applied. */
  readonly lateCounted: number;
}

/** One remembered event id. */
export interface RingEntry {
  /** occurredAt of the event. */
  readonly at: number;
  /** High half of the 64-bit hash of its id. */
  readonly high: number;
  /** Low half. */
  readonly low: number;
}

/** What an input brought so far. */
export interface InputTally {
  /** Events applied. */
  readonly count: number;
  /** Newest occurredAt. */
  readonly lastAt: number | null;
}

/** What a customer bought of one product category. */
export interface CategorySpend {
  /** Murmur3 of the category code, 24 bits. */
  readonly hash: number;
  /** Net amount of its lines, minor units. */
  readonly netMinor: number;
  /** Orders with it less cancellations; bought while above 0. */
  readonly purchases: number;
  /** Category code; kept for the eight of the largest net amount. */
  readonly code: string | null;
}

/** One answer to a survey, or the rating of a review. */
export interface Answer {
  /** What was asked. */
  readonly kind: SurveyKind;
  /** When it was given. */
  readonly at: number;
  /** Id of its event, for the order of equal instants. */
  readonly eventId: string;
  /** On a scale from 0 to 100, 100 = best. */
  readonly value: number;
  /** True = asked from 0 to 10, higher is better. */
  readonly isNpsScale: boolean;
}

/** What was asked. `unknown` is never written: it stands for a symbol of a newer version. */
export type SurveyKind = 'nps' | 'csat' | 'ces' | 'review' | 'unknown';

/** Complaints. */
export interface Complaints {
  /** Made. */
  readonly opened: number;
  /** Resolved. */
  readonly resolved: number;
  /** Newest one made. */
  readonly lastAt: number | null;
  /** Its code of a reason to leave. */
  readonly lossReason: string | null;
}

/** Weighted interactions of one week. */
export interface EngagementWeek {
  /** Weeks from anchorAt. */
  readonly week: number;
  /** Sum of the weights of the model. */
  readonly weight: number;
}

/** How the customer was won; the earliest acquired event says it. */
export interface Acquisition {
  /** When; null = not said. */
  readonly at: number | null;
  /** Code of the source. */
  readonly source: string | null;
  /** Customer who referred this one. */
  readonly referrerId: string | null;
}

/** Campaign touches. */
export interface Touches {
  /** Touches before the recent ones. */
  readonly olderCount: number;
  /** Of these, followed by a purchase in time. */
  readonly olderAnswered: number;
  /** The newest 16, ascending. */
  readonly recent: readonly Touch[];
}

/** One campaign touch. */
export interface Touch {
  /** When. */
  readonly at: number;
  /** True = a purchase day that has left the exact ones answered it. */
  readonly isAnswered: boolean;
}

/** A coded attribute as last set. */
export interface AttributeValue {
  /** Name. */
  readonly name: string;
  /** Value. */
  readonly value: string;
  /** When it was set. */
  readonly at: number;
}

/** What referring others brought. */
export interface Referrals {
  /** Referrals made. */
  readonly made: number;
  /** Of these, those who bought. */
  readonly converted: number;
  /** Credits received, minor units. */
  readonly creditsMinor: number;
}

/** A customer was erased; key e:<hmac>. */
export interface ErasureMarker {
  /** Events that occurred up to then are erased too. */
  readonly requestedAt: number;
  /** Where the sequences of a new customer of that id continue. */
  readonly sequences: Sequences;
}

/** Last sequence number of a customer per output topic; 0 = none yet. */
export interface Sequences {
  /** Of tier-changed. */
  readonly tierChanged: number;
  /** Of lifecycle-changed. */
  readonly lifecycleChanged: number;
  /** Of churn-alert. */
  readonly churnAlert: number;
}

/** Where a task is; key m:offsets, last record of every transaction. */
export interface TaskOffsets {
  /** Input name to next offset, counting control, aborted and empty batches. */
  readonly positions: Readonly<Record<string, number>>;
  /** Input name to input time, epoch ms. */
  readonly inputTimes: Readonly<Record<string, number>>;
  /** Input name to the run id of the import it is inside of. */
  readonly backfillRuns: Readonly<Record<string, string>>;
  /** Customers of the task by standing: `tier:` and the tier’s id, `stage:` and the lifecycle stage. */
  readonly population: Readonly<Record<string, number>>;
  /** Task time, epoch ms; never falls. */
  readonly taskTimeMs: number;
  /** Grows by one with each commit. */
  readonly commitNumber: number;
  /** Random per take-over. */
  readonly incarnation: string;
  /** Random, made at the first take-over ever. */
  readonly changelogId: string;
  /** Who wrote it: host and process, for people. */
  readonly owner: string;
}

/** The model a task last scored with; key m:model. */
export interface TaskModel {
  /** Its revision. */
  readonly revision: number;
  /** MurmurHash3 x86 128 of content, hex. */
  readonly hash: string;
  /** The whole model as JSON text. */
  readonly content: string;
  /** When it took effect. */
  readonly activatedAt: number;
}

/** How far re-scoring for a new model has come; key m:rescore. */
export interface RescoreCursor {
  /** Revision being scored with. */
  readonly revision: number;
  /** Last customer done, in key order; null = none yet. */
  readonly afterCustomerId: string | null;
  /** When re-scoring began. */
  readonly startedAt: number;
  /** True = every customer is done. */
  readonly isDone: boolean;
}

/** Alerts fired in the current hour; key m:budget. */
export interface AlertBudget {
  /** Start of the UTC hour. */
  readonly hourStartAt: number;
  /** Opened within it. */
  readonly opened: number;
  /** Suppressed within it. */
  readonly suppressed: number;
}

/** How past alerts came out; key m:scoreboard. */
export interface Scoreboard {
  /** One cell per band and arm. */
  readonly cells: readonly ScoreboardCell[];
}

/** Alerts of one band and arm whose horizon has ended. */
export interface ScoreboardCell {
  /** Band at opening. */
  readonly band: ChurnBand;
  /** What was done. */
  readonly arm: AlertArm;
  /** Alerts. */
  readonly alerts: number;
  /** Customers who came back. */
  readonly returned: number;
  /** Sum of the risks at opening. */
  readonly riskSum: number;
  /** Sum of the squared errors. */
  readonly brierSum: number;
  /** Sum of the margin within the horizon, minor units. */
  readonly marginMinor: number;
  /** Sum of its squares, for the interval. */
  readonly marginSquaredSum: number;
}

/** What was done about an alert. `unknown` is never written: it stands for a symbol of a newer version. */
export type AlertArm = 'treated' | 'untreated' | 'control' | 'unknown';

/** One step in the life of a churn alert. */
export interface ChurnAlert {
  /** Deterministic id: hash of customer, topic, cause, model revision and ordinal within the step. */
  readonly eventId: string;
  /** Customer id; equal to the record key. */
  readonly customerId: string;
  /** Position in the gap-free sequence of this customer in this topic, from 1. */
  readonly sequence: number;
  /** Stable from opened to its end. */
  readonly alertId: string;
  /** What happened to the alert; suppressed = over the budget of the hour. */
  readonly status: AlertStatus;
  /** With resolved only. */
  readonly resolveReason: ResolveReason | null;
  /** Why it happened. */
  readonly cause: Cause;
  /** eventId of the input event that caused it; null when time alone did. */
  readonly causationId: string | null;
  /** eventId of the transition that this one corrects. */
  readonly supersedes: string | null;
  /** When it became true (event time). */
  readonly effectiveAt: number;
  /** When it was said (process time); the only field that differs in a replay. */
  readonly recordedAt: number;
  /** 1 - probability of a purchase within the horizon, 0-1. */
  readonly risk: number;
  /** Band now. */
  readonly band: ChurnBand;
  /** Band before. */
  readonly previousBand: ChurnBand;
  /** The line that was crossed, as a probability of a purchase: min(theta, c * P0). */
  readonly threshold: number;
  /** Exact instant of the crossing. */
  readonly crossedAt: number;
  /** Last purchase. */
  readonly lastPurchaseAt: number | null;
  /** Median of the next purchase as expected after the last one. */
  readonly expectedNextPurchaseAt: number | null;
  /** Typical gap of this customer, weeks. */
  readonly personalIntervalWeeks: number | null;
  /** Expected margin lost by the silence so far; null = no spend model. */
  readonly valueAtStake: MoneyAmount | null;
  /** Base and signals. */
  readonly factors: readonly RiskFactor[];
  /** Code from the model file. */
  readonly recommendedAction: string | null;
  /** Code of the likely reason. */
  readonly lossReason: string | null;
  /** When the alert ends by itself; null = never. */
  readonly expiresAt: number | null;
  /** True = control group: senders must not act on it. */
  readonly control: boolean;
  /** Revision of the model file that judged. */
  readonly modelRevision: number;
  /** Version of Clientele that judged. */
  readonly engineVersion: string;
  /** True when imported history caused it. */
  readonly backfill: boolean;
  /** Id of the import run, with backfill. */
  readonly runId: string | null;
}

/** Step in the life of the alert. `unknown` is never written: it stands for a symbol of a newer version. */
export type AlertStatus = 'opened' | 'escalated' | 'deescalated' | 'resolved' | 'expired' | 'suppressed' | 'unknown';

/** Why an alert was resolved. `unknown` is never written: it stands for a symbol of a newer version. */
export type ResolveReason = 'purchase' | 'recovered' | 'lost' | 'correction' | 'config' | 'erasure' | 'unknown';

/** Why a transition happened. `unknown` is never written: it stands for a symbol of a newer version. */
export type Cause = 'activity' | 'time_passed' | 'correction' | 'config_change' | 'backfill' | 'unknown';

/** An amount of money. */
export interface MoneyAmount {
  /** Amount, minor units. */
  readonly amountMinor: number;
  /** ISO 4217 code. */
  readonly currency: string;
}

/** One additive part of the risk. */
export interface RiskFactor {
  /** Name of the signal, or base. */
  readonly name: string;
  /** Metric value. */
  readonly value: number | null;
  /** Shift of the log-odds of a purchase. */
  readonly logOdds: number;
}

/** Something a customer did, or was told, that is not a purchase. */
export interface Interaction {
  /** Id of this event, unique for its customer; a second record with the same id is a duplicate. */
  readonly eventId: string;
  /** Customer id as in the CRM; equal to the record key. */
  readonly customerId: string;
  /** When it happened (event time). */
  readonly occurredAt: number;
  /** What happened; a kind of a newer version reads as other. */
  readonly kind: InteractionKind;
  /** Channel code, e.g. web, email, phone. */
  readonly channel: string | null;
  /** Campaign it belongs to. */
  readonly campaignId: string | null;
  /** On acquired: customer id of the customer who referred this one. */
  readonly referrerId: string | null;
  /** On acquired: code of the source, e.g. search, referral, fair. */
  readonly acquisitionSource: string | null;
  /** On review: the rating given; finite. */
  readonly rating: number | null;
  /** Cost of the contact (acquisition, service, marketing), minor units. Never negative. */
  readonly costMinor: number | null;
  /** ISO 4217 code of costMinor; required with it. */
  readonly currency: string | null;
  /** On complaint: code of the reason a customer may leave. */
  readonly lossReason: string | null;
  /** On attributes_changed: the new values; names and values outside the model file are rejected. */
  readonly attributes: readonly CodedAttribute[];
}

/** What happened. */
export type InteractionKind = 'acquired' | 'visit' | 'product_view' | 'cart_add' | 'email_open' | 'email_click' | 'campaign_touch' | 'coupon_redeemed' | 'login' | 'inquiry' | 'support_ticket' | 'complaint' | 'complaint_resolved' | 'suggestion' | 'review' | 'share' | 'referral_made' | 'attributes_changed' | 'other';

/** One coded attribute of a customer. */
export interface CodedAttribute {
  /** Name from the closed list of the model file. */
  readonly name: string;
  /** Value from the closed list of the model file. */
  readonly value: string;
}

/** A customer's lifecycle stage changed, or a notice about a first-time buyer. */
export interface LifecycleChanged {
  /** Deterministic id: hash of customer, topic, cause, model revision and ordinal within the step. */
  readonly eventId: string;
  /** Customer id; equal to the record key. */
  readonly customerId: string;
  /** Position in the gap-free sequence of this customer in this topic, from 1. */
  readonly sequence: number;
  /** changed = the stage changed; the others are notices, from and to are equal then. */
  readonly kind: LifecycleKind;
  /** Stage before; null = first seen. */
  readonly from: LifecycleStage | null;
  /** Stage now. */
  readonly to: LifecycleStage | null;
  /** Why it happened. */
  readonly cause: Cause;
  /** eventId of the input event that caused it; null when time alone did. */
  readonly causationId: string | null;
  /** eventId of the transition that this one corrects. */
  readonly supersedes: string | null;
  /** When it became true (event time). */
  readonly effectiveAt: number;
  /** When it was said (process time); the only field that differs in a replay. */
  readonly recordedAt: number;
  /** Stickiness now; null = not defined for the stage. */
  readonly stickiness: Stickiness | null;
  /** Metric set of the new stage. */
  readonly metrics: StageMetrics;
  /** ISO 4217 code of the amounts. */
  readonly currency: string | null;
  /** Revision of the model file that judged. */
  readonly modelRevision: number;
  /** Version of Clientele that judged. */
  readonly engineVersion: string;
  /** True when imported history caused it. */
  readonly backfill: boolean;
  /** Id of the import run, with backfill. */
  readonly runId: string | null;
}

/** Change or notice. `unknown` is never written: it stands for a symbol of a newer version. */
export type LifecycleKind = 'changed' | 'second_purchase_due' | 'new_lapsing' | 'unknown';

/** How firmly a customer buys. `unknown` is never written: it stands for a symbol of a newer version. */
export type Stickiness = 'strong' | 'weak' | 'lost' | 'unknown';

/** Metric set of the new stage: the one that applies is set, the others are null. */
export interface StageMetrics {
  /** Set for potential. */
  readonly potential: PotentialMetrics | null;
  /** Set for new. */
  readonly new: NewMetrics | null;
  /** Set for stable and won_back. */
  readonly stable: StableMetrics | null;
  /** Set for lost. */
  readonly lost: LostMetrics | null;
}

/** Metrics of a customer without a purchase. */
export interface PotentialMetrics {
  /** Weighted interactions. */
  readonly interest: number | null;
  /** Acquisition cost, minor units. */
  readonly acquisitionCostMinor: number | null;
  /** Code of the source. */
  readonly acquisitionSource: string | null;
}

/** Metrics of a first-time buyer. */
export interface NewMetrics {
  /** Amount of the first purchase day, minor units. */
  readonly firstBasketMinor: number | null;
  /** Days since the first purchase. */
  readonly daysSinceFirst: number | null;
  /** Satisfaction index, 0-100. */
  readonly satisfaction: number | null;
  /** NPS answer scaled to 0-1. */
  readonly willingnessToRecommend: number | null;
}

/** Metrics of a repeat buyer. */
export interface StableMetrics {
  /** Net spend so far, minor units. */
  readonly cumulativeSpendMinor: number | null;
  /** Purchase days of the trailing 365 days. */
  readonly purchaseDays365: number | null;
  /** Share of gaps within the repurchase window, 0-1. */
  readonly repurchaseRate: number | null;
  /** Distinct categories bought. */
  readonly categories: number | null;
  /** Referrals made. */
  readonly referrals: number | null;
}

/** Metrics of a lost customer. */
export interface LostMetrics {
  /** Historic customer lifetime value, minor units. */
  readonly historicValueMinor: number | null;
  /** Code of the likely reason. */
  readonly lossReason: string | null;
  /** Probability of a purchase within the horizon, 0-1. */
  readonly winBackProbability: number | null;
}

/** A request of a customer about their data. */
export interface PrivacyRequest {
  /** Id of the request. */
  readonly requestId: string;
  /** Customer id; equal to the record key. */
  readonly customerId: string;
  /** When it was asked; events that occurred up to then fall under it. */
  readonly requestedAt: number;
  /** erase = forget; restrict = stop processing; unrestrict = go on. */
  readonly kind: PrivacyKind;
}

/** What was asked. `unknown` is never written: it stands for a symbol of a newer version. */
export type PrivacyKind = 'erase' | 'restrict' | 'unrestrict' | 'unknown';

/** A customer as known now. A null value of the record is a tombstone (erasure). */
export interface Profile {
  /** Customer id; equal to the record key. */
  readonly customerId: string;
  /** Instant of the judgement. */
  readonly asOf: number;
  /** Sequences at this profile. */
  readonly sequences: Sequences;
  /** Revision of the model file that judged. */
  readonly modelRevision: number;
  /** What was last told the world. */
  readonly standing: ProfileStanding;
  /** Value score; null = no purchase. */
  readonly score: ProfileScore | null;
  /** What silence leads to; null = not computed. */
  readonly next: ProfileNext | null;
  /** Purchase behaviour; null = no purchase. */
  readonly purchase: ProfilePurchase | null;
  /** Prediction; null = not computed. */
  readonly forecast: ProfileForecast | null;
  /** Value; null = not computed. */
  readonly value: ProfileValue | null;
  /** Voice; null = not computed. */
  readonly voice: ProfileVoice | null;
  /** Engagement; null = not computed. */
  readonly engagement: ProfileEngagement | null;
  /** Loyalty; null = not computed. */
  readonly loyalty: ProfileLoyalty | null;
}

/** What was last told the world. */
export interface ProfileStanding {
  /** Value tier; null = no purchase. */
  readonly tier: Tier | null;
  /** Stage; null = not judged. */
  readonly lifecycle: LifecycleStage | null;
  /** Stickiness; null = not defined. */
  readonly stickiness: Stickiness | null;
  /** Risk band. */
  readonly churnBand: ChurnBand;
  /** Open alert. */
  readonly openAlertId: string | null;
}

/** A value tier of the model. */
export interface Tier {
  /** Id in the model file. */
  readonly id: string;
  /** 1 = the highest tier. */
  readonly rank: number;
  /** Display name. */
  readonly name: string;
}

/** Value score. */
export interface ProfileScore {
  /** Sum of the points, hundredths (0-10,000). */
  readonly total: number;
  /** In the order of the model. */
  readonly factors: readonly ProfileFactor[];
}

/** One additive part of the score. */
export interface ProfileFactor {
  /** Name of the factor. */
  readonly name: string;
  /** Weight; all sum to 10,000. */
  readonly weight: number;
  /** Metric value; null = missing. */
  readonly value: number | null;
  /** Points, hundredths. */
  readonly points: number;
  /** True = the value is missing and the prior scored. */
  readonly prior: boolean;
}

/** What silence leads to. */
export interface ProfileNext {
  /** How long the tier lasts in silence. */
  readonly validUntil: number | null;
  /** Tier then. */
  readonly becomes: Tier | null;
  /** Next instant at which something about the customer changes by itself. */
  readonly nextDue: number | null;
}

/** Purchase behaviour. */
export interface ProfilePurchase {
  /** Purchase days, lifetime. */
  readonly days: number;
  /** Purchase days after the first. */
  readonly repeatDays: number;
  /** First purchase. */
  readonly firstAt: number | null;
  /** Last purchase. */
  readonly lastAt: number | null;
  /** From first to last purchase, weeks. */
  readonly firstToLastWeeks: number | null;
  /** From first purchase to asOf, weeks. */
  readonly ageWeeks: number | null;
  /** Amounts of all orders, lifetime, before refunds, minor units. */
  readonly revenueMinor: number;
  /** Given back by refunds and cancellations, lifetime, minor units. */
  readonly refundsMinor: number;
  /** Mean net amount of the purchase days after the first, minor units, not rounded. */
  readonly meanRepeatSpendMinor: number | null;
  /** RFM; null = not computed. */
  readonly rfm: ProfileRfm | null;
  /** Purchase days in the trailing window. */
  readonly windowDays: number | null;
  /** Net revenue in the trailing window, minor units. */
  readonly windowRevenueMinor: number | null;
  /** Cluster of the model file. */
  readonly cluster: string | null;
  /** Mean net amount of a purchase day, minor units, not rounded. */
  readonly meanBasketMinor: number | null;
  /** Share of list price taken as discount, shrunk to the population’s, 0-1. */
  readonly priceSensitivity: number | null;
  /** Share of purchase days with a campaign, coupon or discount, 0-1; null below three. */
  readonly promotionResponse: number | null;
  /** Refunds over gross revenue, 0-1. */
  readonly refundShare: number | null;
  /** Coefficient of variation of the gaps between purchase days: 0 = like a clock; null below three gaps. */
  readonly gapStability: number | null;
  /** Coefficient of variation of the amounts of the purchase days; null below three. */
  readonly basketStability: number | null;
  /** Preferred categories by net amount, best first, at most four. */
  readonly topCategories: readonly ProfileCategory[];
}

/** RFM scores against frozen cut points. */
export interface ProfileRfm {
  /** 1-5. */
  readonly recency: number | null;
  /** 1-5. */
  readonly frequency: number | null;
  /** 1-5. */
  readonly monetary: number | null;
  /** Segment of the model file. */
  readonly segment: string | null;
  /** One of the eight types, near/far, often/seldom, much/little. */
  readonly grid: string | null;
}

/** A preferred category. */
export interface ProfileCategory {
  /** Category code. */
  readonly category: string;
  /** Its share of the net amount of all categories, 0-1. */
  readonly share: number;
}

/** Prediction. */
export interface ProfileForecast {
  /** Horizon h of the forecasts, days. */
  readonly horizonDays: number;
  /** Probability of being a customer still, 0-1. */
  readonly pAlive: number | null;
  /** Probability of a purchase within the horizon, 0-1. */
  readonly pBuy: number | null;
  /** Expected purchase days within the horizon. */
  readonly expectedPurchases: number | null;
  /** Predicted amount of a purchase day, minor units, not rounded. */
  readonly expectedSpendMinor: number | null;
  /** Median of the next purchase. */
  readonly nextPurchaseAt: number | null;
  /** Quantile of the current silence, 0-1. */
  readonly overdue: number | null;
  /** Probability of a purchase in a new category within the horizon, 0-1. */
  readonly crossSell: number | null;
  /** Probability of a purchase within the horizon, once lapsed, 0-1. */
  readonly winBack: number | null;
  /** True = winBack comes from fitted lapses; false = it is the raw probability. */
  readonly winBackCalibrated: boolean;
}

/** Value. */
export interface ProfileValue {
  /** Profit contribution, trailing 365 d, minor units. */
  readonly profitMinor: number | null;
  /** Costs by kind. */
  readonly costsMinor: ProfileCosts | null;
  /** Historic customer lifetime value, minor units. */
  readonly clvHistoricMinor: number | null;
  /** Predicted customer lifetime value over the horizon H, discounted, minor units. */
  readonly clvPredictedMinor: number | null;
  /** Referral credits, minor units. */
  readonly indirectMinor: number | null;
  /** Potential value, minor units. */
  readonly potentialMinor: number | null;
  /** Direct + indirect + potential, minor units. */
  readonly totalMinor: number | null;
  /** ISO 4217 code of every amount of this profile. */
  readonly currency: string;
  /** Share of revenue whose cost is the model's margin, 0-1. */
  readonly assumedCostShare: number | null;
}

/** Lifetime costs by kind, the assumed ones included, minor units. */
export interface ProfileCosts {
  /** Goods. */
  readonly goods: number;
  /** Packing and shipping. */
  readonly logistics: number;
  /** Acquisition. */
  readonly acquisition: number;
  /** Service. */
  readonly service: number;
  /** Marketing. */
  readonly marketing: number;
}

/** What the customer told us. */
export interface ProfileVoice {
  /** Last NPS answer, brought to 0-10. */
  readonly nps: number | null;
  /** Its class; null when it was not asked from 0 to 10. */
  readonly npsClass: NpsClass | null;
  /** Last satisfaction answer, brought to 0-1, 1 = best. */
  readonly csat: number | null;
  /** Last review, brought to 0-1, 1 = best. */
  readonly review: number | null;
  /** Last effort answer, brought to 0-1, 1 = easiest. */
  readonly ces: number | null;
  /** Satisfaction index, 0-100. */
  readonly satisfaction: number | null;
  /** Complaints not resolved. */
  readonly openComplaints: number;
}

/** Class of an NPS answer. `unknown` is never written: it stands for a symbol of a newer version. */
export type NpsClass = 'promoter' | 'passive' | 'detractor' | 'unknown';

/** Engagement. */
export interface ProfileEngagement {
  /** Weighted interactions of the current and the twelve weeks before, in the customer’s own weeks. */
  readonly weighted: number | null;
  /** Channels used. */
  readonly channels: readonly string[];
  /** Campaign touches. */
  readonly touches: number;
  /** Share of touches followed by a purchase in time, 0-1; null below three. */
  readonly touchResponse: number | null;
  /** Code of the source. */
  readonly acquisitionSource: string | null;
  /** Acquisition cost, minor units. */
  readonly acquisitionCostMinor: number | null;
  /** Coded attributes. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** Loyalty. */
export interface ProfileLoyalty {
  /** First to last purchase, weeks. */
  readonly tenureWeeks: number | null;
  /** Share of gaps within the repurchase window, 0-1. */
  readonly repurchaseRate: number | null;
  /** Distinct categories bought; null = none known. */
  readonly categories: number | null;
  /** Referrals made. */
  readonly referralsMade: number;
  /** Referrals that bought. */
  readonly referralsConverted: number;
}

/** An order, or the reversal of one: what a customer paid or got back. */
export interface Purchase {
  /** Id of this event, unique for its customer; a second record with the same id is a duplicate. */
  readonly eventId: string;
  /** Customer id as in the CRM; equal to the record key. */
  readonly customerId: string;
  /** When it happened (event time). */
  readonly occurredAt: number;
  /** order = goods bought; refund = money given back for an earlier order; cancellation = an earlier order taken back whole. */
  readonly kind: PurchaseKind;
  /** Id of the order in the shop; a refund or cancellation carries the id of the order it reverses. */
  readonly orderId: string;
  /** For refund and cancellation: when the order it reverses occurred; null on an order, or when not known. */
  readonly orderedAt: number | null;
  /** ISO 4217 code of every amount in this record. */
  readonly currency: string;
  /** Paid for goods, net of tax and shipping, in minor units; for a refund the amount given back. Never negative. */
  readonly amountMinor: number;
  /** Discount already taken off amountMinor, in minor units; on a reversal, the discount of what is taken back. Never negative. */
  readonly discountMinor: number;
  /** Costs of the order; on a reversal, what of them comes back; null = not known, then the model’s margin applies. */
  readonly costs: PurchaseCosts | null;
  /** Lines of the order, at most 1,000; may be empty. */
  readonly lines: readonly PurchaseLine[];
  /** Campaign the order is attributed to. */
  readonly campaignId: string | null;
  /** Coupon used. */
  readonly couponCode: string | null;
  /** Sales channel code, e.g. web, app, store. */
  readonly channel: string | null;
  /** Business unit code. */
  readonly businessUnit: string | null;
  /** System the record came from. */
  readonly source: string | null;
}

/** What kind of purchase record it is. `unknown` is never written: it stands for a symbol of a newer version. */
export type PurchaseKind = 'order' | 'refund' | 'cancellation' | 'unknown';

/** What the order cost the company. */
export interface PurchaseCosts {
  /** Cost of the goods, minor units. */
  readonly goodsMinor: number;
  /** Cost of packing and shipping, minor units. */
  readonly logisticsMinor: number;
}

/** One line of an order. */
export interface PurchaseLine {
  /** Article number. */
  readonly sku: string;
  /** Product category code. */
  readonly category: string | null;
  /** Pieces, at least 1. */
  readonly quantity: number;
  /** Net amount of the line, minor units. */
  readonly amountMinor: number;
}

/** A change of what a referrer earned through the purchases of somebody they referred. Names no referee. */
export interface ReferralCredit {
  /** HMAC of referee and causing event: the same credit always has the same id. */
  readonly creditId: string;
  /** The referrer; equal to the record key. */
  readonly customerId: string;
  /** When the causing event occurred; the credit counts from the next business-day start after it. */
  readonly occurredAt: number;
  /** Change of the capped cumulative share, minor units; negative after a refund. */
  readonly changeMinor: number;
  /** ISO 4217 code of changeMinor. */
  readonly currency: string;
  /** Model revision that set share and cap. */
  readonly modelRevision: number;
}

/** An answer of a customer to one question. */
export interface Survey {
  /** Id of this event, unique for its customer; a second record with the same id is a duplicate. */
  readonly eventId: string;
  /** Customer id as in the CRM; equal to the record key. */
  readonly customerId: string;
  /** When it happened (event time). */
  readonly occurredAt: number;
  /** nps = would recommend; csat = satisfied; ces = effort; review = a rating. */
  readonly kind: SurveyKind;
  /** The answer, within [scaleMin, scaleMax]; finite. */
  readonly score: number;
  /** Lowest possible answer. */
  readonly scaleMin: number;
  /** Highest possible answer; above scaleMin. */
  readonly scaleMax: number;
  /** Which end of the scale is good. */
  readonly direction: SurveyDirection;
  /** Id of the survey. */
  readonly surveyId: string | null;
  /** Order the answer is about. */
  readonly orderId: string | null;
}

/** Which end of the scale is good. `unknown` is never written: it stands for a symbol of a newer version. */
export type SurveyDirection = 'higher_is_better' | 'lower_is_better' | 'unknown';

/** A customer's value tier changed, or a notice about it. The first tier is a change too. */
export interface TierChanged {
  /** Deterministic id: hash of customer, topic, cause, model revision and ordinal within the step. */
  readonly eventId: string;
  /** Customer id; equal to the record key. */
  readonly customerId: string;
  /** Position in the gap-free sequence of this customer in this topic, from 1. */
  readonly sequence: number;
  /** entered = first tier; held = an announced fall was averted; will_fall = notice ahead of validUntil. */
  readonly direction: TierDirection;
  /** Tier before; null = none. */
  readonly previousTier: Tier | null;
  /** Tier now; null = none left (the only purchase was cancelled). */
  readonly currentTier: Tier | null;
  /** Why it happened. */
  readonly cause: Cause;
  /** eventId of the input event that caused it; null when time alone did. */
  readonly causationId: string | null;
  /** eventId of the transition that this one corrects. */
  readonly supersedes: string | null;
  /** When it became true (event time). */
  readonly effectiveAt: number;
  /** When it was said (process time); the only field that differs in a replay. */
  readonly recordedAt: number;
  /** Total score before, hundredths (0-10,000); 0 when there was none. */
  readonly scoreBefore: number;
  /** Total score now, hundredths (0-10,000). */
  readonly scoreAfter: number;
  /** One entry per factor; contributions sum to scoreAfter - scoreBefore exactly. */
  readonly factors: readonly FactorChange[];
  /** Lines used, highest tier first. */
  readonly thresholds: readonly TierThreshold[];
  /** What is needed to stay; null = not computed. */
  readonly toRemain: TierDistance | null;
  /** What is needed for the next tier; null = not computed, or the highest. */
  readonly toNext: TierDistance | null;
  /** How long the tier lasts if the customer does nothing; null = no end known. */
  readonly validUntil: number | null;
  /** Next tier in silence and its instant; null = none known. */
  readonly decaysTo: TierDecay | null;
  /** Revision of the model file that judged. */
  readonly modelRevision: number;
  /** Version of Clientele that judged. */
  readonly engineVersion: string;
  /** True when imported history caused it. */
  readonly backfill: boolean;
  /** Id of the import run, with backfill. */
  readonly runId: string | null;
}

/** Which way. `unknown` is never written: it stands for a symbol of a newer version. */
export type TierDirection = 'entered' | 'up' | 'down' | 'held' | 'will_fall' | 'unknown';

/** What one factor did to the score. */
export interface FactorChange {
  /** Name of the factor. */
  readonly name: string;
  /** Metric value before; null = missing, the prior stood in. */
  readonly before: number | null;
  /** Metric value now; null = missing, the prior stands in. */
  readonly after: number | null;
  /** Change in points, hundredths. */
  readonly contribution: number;
}

/** Lines of one tier. */
export interface TierThreshold {
  /** Id of the tier. */
  readonly tierId: string;
  /** Total at which it is entered, hundredths; null = the lowest tier. */
  readonly enter: number | null;
  /** Total below which it is left, hundredths; null = the lowest tier. */
  readonly leave: number | null;
}

/** What stands between a customer and a line. */
export interface TierDistance {
  /** Tier to remain in or to reach. */
  readonly tierId: string;
  /** Points to the line; to remain: negative = to spare. */
  readonly pointsMissing: number;
  /** One entry per factor, in the order of the model. */
  readonly perFactor: readonly FactorTarget[];
  /** Side by side, not ranked. */
  readonly actions: readonly ActionOutcome[];
}

/** One factor moved alone. */
export interface FactorTarget {
  /** Name of the factor. */
  readonly name: string;
  /** Metric value at which the total would reach the line, all else equal; null = out of reach. */
  readonly value: number | null;
}

/** What one hypothetical event now would do. */
export interface ActionOutcome {
  /** Code of the action. */
  readonly action: string;
  /** Smallest amount that suffices, where the action has one. */
  readonly amountMinor: number | null;
  /** ISO 4217 code of amountMinor. */
  readonly currency: string | null;
  /** Total score afterwards, hundredths. */
  readonly total: number;
  /** Tier afterwards; null = none. */
  readonly tierId: string | null;
}

/** What silence leads to. */
export interface TierDecay {
  /** Tier then; null = none. */
  readonly tier: Tier | null;
  /** When. */
  readonly at: number;
}
