/** The part of a model that watches a relation, read key by key: voice, engagement, lifecycle, churn. */
import type { Limits, Part } from './check.ts';
import { lostAfterDaysDefault, modelDefaults } from './model-defaults.ts';
import type {
  AlertBand,
  ChurnBandModel,
  ChurnModel,
  ChurnSignal,
  ChurnSignals,
  EngagementWeights,
  LifecycleModel,
  VoiceModel,
} from './model-relation.ts';

const share: Limits = { min: 0, max: 1 };
/** Ten years: longer is a slip of the unit. */
const days: Limits = { min: 0, max: 3_650 };
const someDays: Limits = { min: 1, max: 3_650 };
const bandNames = ['watch', 'alert', 'critical'] as const;

/** Reads how answers become satisfaction. */
export function voiceIn(part: Part): VoiceModel {
  part.object(['reviewScale', 'halfLifeDays', 'priorWeight', 'prior', 'complaintStep', 'maxAgeDays']);
  const scale = part.at('reviewScale').object(['min', 'max']);
  const min = scale.at('min').number({ min: -1e6, max: 1e6 });
  const max = scale.at('max').number({ min: -1e6, max: 1e6 });
  if (min >= max && !scale.at('max').isMissing) scale.at('max').fault(`is ${max}; must be above min, ${min}`);
  return {
    reviewScale: { min, max },
    halfLifeDays: part.at('halfLifeDays').number(someDays),
    priorWeight: part.at('priorWeight').number({ min: 0, max: 100 }),
    prior: part.at('prior').number({ min: 0, max: 100 }),
    complaintStep: part.at('complaintStep').number({ min: 0, max: 100 }),
    maxAgeDays: part.at('maxAgeDays').number(someDays),
  };
}

/** Reads the weights of the interaction kinds. */
export function engagementIn(part: Part): EngagementWeights {
  part.object([], Object.keys(modelDefaults.engagement));
  const kind = (name: keyof EngagementWeights): number => part.at(name).number({ min: 0, max: 1_000, isInteger: true });
  return {
    acquired: kind('acquired'),
    visit: kind('visit'),
    product_view: kind('product_view'),
    cart_add: kind('cart_add'),
    email_open: kind('email_open'),
    email_click: kind('email_click'),
    campaign_touch: kind('campaign_touch'),
    coupon_redeemed: kind('coupon_redeemed'),
    login: kind('login'),
    inquiry: kind('inquiry'),
    support_ticket: kind('support_ticket'),
    complaint: kind('complaint'),
    complaint_resolved: kind('complaint_resolved'),
    suggestion: kind('suggestion'),
    review: kind('review'),
    share: kind('share'),
    referral_made: kind('referral_made'),
    attributes_changed: kind('attributes_changed'),
    other: kind('other'),
  };
}

/** Reads the stages' lines; without word, a customer is lost after twice the horizon, 52 weeks at the least. */
export function lifecycleIn(part: Part, horizonDays: number): LifecycleModel {
  const before = part.faultCount;
  const notices = ['secondPurchaseDueDays', 'newLapsingDays'];
  part.object(['lostFloor', 'lostShareOfStart', 'wonBackDays', 'potentialTtlDays', ...notices], ['lostAfterDays']);
  const notice = (key: string): number | null => part.at(key).nullable((given) => given.number(someDays));
  const secondPurchaseDueDays = notice('secondPurchaseDueDays');
  const newLapsingDays = notice('newLapsingDays');
  const isOrdered = secondPurchaseDueDays === null || newLapsingDays === null || newLapsingDays > secondPurchaseDueDays;
  if (!isOrdered && !part.isMissing && part.faultCount === before) {
    part
      .at('newLapsingDays')
      .fault(`is ${newLapsingDays}; must be after secondPurchaseDueDays, ${secondPurchaseDueDays}`);
  }
  return {
    lostFloor: part.at('lostFloor').number({ above: 0, below: 1 }),
    lostShareOfStart: part.at('lostShareOfStart').number({ above: 0, max: 1 }),
    lostAfterDays: part.at('lostAfterDays').isMissing
      ? lostAfterDaysDefault(horizonDays)
      : part.at('lostAfterDays').number({ min: 1, max: 36_500 }),
    wonBackDays: part.at('wonBackDays').number(someDays),
    potentialTtlDays: part.at('potentialTtlDays').number(someDays),
    secondPurchaseDueDays,
    newLapsingDays,
  };
}

/** Reads the bands of risk, which must narrow from watch to critical, and what surrounds them. */
export function churnIn(part: Part): ChurnModel {
  part.object([
    ...['bands', 'openAt', 'minPurchaseDays', 'leaveMargin', 'coolDownDays', 'forDays', 'expires'],
    ...['overdueQuantile', 'overdueRepeatDays', 'alertsPerHour', 'controlShare', 'controlKey', 'signals'],
  ]);
  return {
    bands: bandsIn(part.at('bands')),
    openAt: part.at('openAt').oneOf('band', bandNames),
    minPurchaseDays: part.at('minPurchaseDays').number({ min: 1, max: 1_000, isInteger: true }),
    leaveMargin: part.at('leaveMargin').number({ min: 0, below: 1 }),
    coolDownDays: part.at('coolDownDays').number(days),
    forDays: part.at('forDays').number(days),
    expires: part.at('expires').oneOf('expiry', ['horizon', 'never']),
    overdueQuantile: part.at('overdueQuantile').number({ above: 0, below: 1 }),
    overdueRepeatDays: part.at('overdueRepeatDays').number({ min: 0, max: 1_000, isInteger: true }),
    alertsPerHour: part.at('alertsPerHour').nullable((given) => given.number({ min: 0, max: 1e9, isInteger: true })),
    controlShare: part.at('controlShare').number(share),
    controlKey: part.at('controlKey').text(),
    signals: signalsIn(part.at('signals')),
  };
}

function bandsIn(part: Part): ChurnModel['bands'] {
  const before = part.faultCount;
  part.object(bandNames);
  const band = (name: AlertBand): ChurnBandModel => bandIn(part.at(name));
  const bands = { watch: band('watch'), alert: band('alert'), critical: band('critical') };
  if (part.isMissing || part.faultCount > before) return bands;
  for (const [milder, name] of [
    ['watch', 'alert'],
    ['alert', 'critical'],
  ] as const) {
    const [outer, inner] = [bands[milder], bands[name]];
    if (inner.threshold >= outer.threshold) {
      part.at(name).at('threshold').fault(`is ${inner.threshold}; must be below ${milder}, ${outer.threshold}`);
    }
    if (outer.shareOfStart === null) continue;
    // Without its own relative line a band would lie outside the milder one for whoever starts low.
    if (inner.shareOfStart === null || inner.shareOfStart >= outer.shareOfStart) {
      part
        .at(name)
        .at('shareOfStart')
        .fault(`is ${inner.shareOfStart ?? 'null'}; must be below ${milder}, ${outer.shareOfStart}`);
    }
  }
  return bands;
}

function bandIn(part: Part): ChurnBandModel {
  part.object(['threshold', 'shareOfStart', 'action']);
  return {
    threshold: part.at('threshold').number({ above: 0, below: 1 }),
    // A share of 1 would be entered at the purchase itself.
    shareOfStart: part.at('shareOfStart').nullable((given) => given.number({ above: 0, below: 1 })),
    action: part.at('action').nullable((given) => given.text()),
  };
}

function signalsIn(part: Part): ChurnSignals {
  part.object(['openComplaint', 'detractor', 'recentEngagement']);
  return {
    openComplaint: signalIn(part.at('openComplaint')),
    detractor: signalIn(part.at('detractor')),
    recentEngagement: signalIn(part.at('recentEngagement')),
  };
}

function signalIn(part: Part): ChurnSignal {
  part.object(['logOdds', 'days']);
  // e^5 is odds times 148: beyond that a signal decides alone.
  return { logOdds: part.at('logOdds').number({ min: -5, max: 5 }), days: part.at('days').number(someDays) };
}
