// The life of an alert: when it opens, what ends it, what it says, and that no history makes it skip or repeat a step.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { suppressed } from '../../src/domain/alert-transition.ts';
import type { CustomerState, UnscoredAlert } from '../../src/domain/contracts.ts';
import type { Model } from '../../src/domain/model.ts';
import { rescore } from '../../src/domain/rescore.ts';
import type { ChurnTransition, Transition } from '../../src/domain/step.ts';
import { step } from '../../src/domain/step.ts';
import { tickUntil } from '../../src/domain/tick.ts';
import { dayMs } from '../../src/domain/time.ts';
import { anyHistory, roomy } from './support/any-history.ts';
import { anyModel } from './support/any-model.ts';
import { cdnowModel, interaction, noon, purchase, survey, tell } from './support/story.ts';

type Alert = ChurnTransition['value'];

const context = { backfillRunId: null };
const regular = [0, 10, 20, 30].map((n) => purchase({ occurredAt: noon(n), amountMinor: 3_000 }));
const churn = (changed: Partial<Model['churn']>): Model => ({
  ...cdnowModel,
  churn: { ...cdnowModel.churn, ...changed },
});

/** Loses nobody before two years. */
const patient: Model = { ...cdnowModel, lifecycle: { ...cdnowModel.lifecycle, lostFloor: 1e-9, lostAfterDays: 730 } };

const alertsIn = (transitions: readonly Transition[]): readonly Alert[] =>
  transitions.flatMap((told) => (told.topic === 'churnAlert' ? [told.value] : []));

/** What silence tells until day `n`. */
function silence(state: CustomerState, n: number, model: Model = cdnowModel): readonly Alert[] {
  return alertsIn(tickUntil(state, noon(n), model, context).transitions);
}

const steps = (alerts: readonly Alert[]): readonly string[] =>
  alerts.map(({ status, resolveReason }) => (resolveReason === null ? status : `${status} ${resolveReason}`));

describe('an alert', () => {
  it('opens at its line, escalates at the next, and expires a horizon after it opened', () => {
    const alerts = silence(tell(regular).state, 200, patient);
    const [opened, escalated, expired] = alerts;
    expect(steps(alerts)).toEqual(['opened', 'escalated', 'expired']);
    expect(opened).toMatchObject({ band: 'alert', previousBand: 'none', cause: 'time_passed', control: false });
    expect(opened?.crossedAt).toBe(opened?.effectiveAt);
    expect(1 - (opened?.risk ?? 0)).toBeLessThanOrEqual(opened?.threshold ?? 0);
    expect(opened?.personalIntervalWeeks).toBeCloseTo(10 / 7, 12);
    expect(escalated).toMatchObject({ band: 'critical', previousBand: 'alert', alertId: opened?.alertId });
    expect(expired?.effectiveAt).toBe((opened?.effectiveAt ?? 0) + cdnowModel.horizonDays * dayMs);
    const stakes = alerts.map(({ valueAtStake }) => valueAtStake?.amountMinor ?? -1);
    expect(stakes).toEqual([...stakes].sort((left, right) => left - right));
    expect(stakes[0]).toBeGreaterThan(0);
  });

  it('needs as many purchase days as the model asks', () => {
    const { state } = tell(regular.slice(0, 1));
    expect(silence(state, 300)).toEqual([]);
    expect(silence(state, 300, churn({ minPurchaseDays: 1 }))).not.toEqual([]);
  });

  it('ends with a purchase, which opens none: the next waits for the cool-down', () => {
    const { state, alerts } = tell([...regular, purchase({ occurredAt: noon(100) })]);
    expect(steps(alerts).at(-1)).toBe('resolved purchase');
    expect(alerts.at(-1)).toMatchObject({ band: 'none', cause: 'activity', effectiveAt: noon(100) });
    const early = silence(state, 400, churn({ coolDownDays: 0 }))[0]?.effectiveAt ?? 0;
    const waited = silence(state, 400, { ...patient, churn: { ...patient.churn, coolDownDays: 200 } })[0];
    expect(early).toBeLessThan(noon(300));
    expect(waited?.effectiveAt).toBe(noon(300));
    expect(alerts.at(-1)?.alertId).not.toBe(waited?.alertId);
  });

  it('waits until the line has been passed for as long as the model says', () => {
    const { state } = tell(regular);
    const [now] = silence(state, 200);
    const [later] = silence(state, 200, churn({ forDays: 3 }));
    expect(later?.effectiveAt).toBe((now?.effectiveAt ?? 0) + 3 * dayMs);
    expect(later?.crossedAt).toBe(now?.effectiveAt);
  });

  it('ends as a correction when late news shows that it should never have opened', () => {
    const opened = silence(tell(regular).state, 200)[0]?.effectiveAt ?? 0;
    const late = purchase({ occurredAt: opened - 2 * dayMs });
    const { alerts } = tell([...regular, interaction({ occurredAt: opened + dayMs, kind: 'support_ticket' }), late]);
    expect(steps(alerts)).toEqual(['opened', 'resolved correction']);
    expect(alerts[1]).toMatchObject({ cause: 'correction', supersedes: alerts[0]?.eventId });
    const after = purchase({ occurredAt: opened + dayMs / 2 });
    const bought = tell([...regular, interaction({ occurredAt: opened + dayMs, kind: 'support_ticket' }), after]);
    expect(steps(bought.alerts)).toEqual(['opened', 'resolved purchase']);
  });

  it('corrects the escalation that late news undoes, and says that the purchase ended it', () => {
    const [opened, escalated] = silence(tell(regular).state, 200, patient).map(({ effectiveAt }) => effectiveAt);
    const between = purchase({ occurredAt: (opened ?? 0) + dayMs });
    const behind = interaction({ occurredAt: (escalated ?? 0) + dayMs, kind: 'support_ticket' });
    const { alerts } = tell([...regular, behind, between]);
    expect(steps(alerts)).toEqual(['opened', 'escalated', 'resolved purchase']);
    expect(alerts[2]).toMatchObject({ cause: 'correction', supersedes: alerts[1]?.eventId });
    const later = purchase({ occurredAt: (escalated ?? 0) + dayMs / 2 });
    const bought = tell([...regular, behind, later]).alerts;
    expect(bought[2]).toMatchObject({ resolveReason: 'purchase', cause: 'activity', supersedes: null });
  });

  it('opens by a signal at once, and recovers by another', () => {
    const near = (silence(tell(regular).state, 200)[0]?.effectiveAt ?? 0) - 60_000;
    const unhappy = survey({ occurredAt: near, score: 1 });
    const { alerts } = tell([...regular, unhappy, interaction({ occurredAt: near + 60_000, kind: 'visit' })]);
    expect(alerts[0]).toMatchObject({ status: 'opened', cause: 'activity', effectiveAt: near });
    expect(alerts[0]?.factors.map(({ name, logOdds }) => [name, logOdds]).slice(1)).toEqual([['detractor', -0.4]]);
  });

  it('ends when the customer is lost, and when another model would not have opened it', () => {
    const soon: Model = { ...cdnowModel, lifecycle: { ...cdnowModel.lifecycle, lostAfterDays: 80 } };
    expect(steps(silence(tell(regular).state, 200, soon)).at(-1)).toBe('resolved lost');
    const { state } = tell([...regular, interaction({ occurredAt: noon(90), kind: 'support_ticket' })]);
    const lines = { ...cdnowModel.churn.bands, alert: { threshold: 0.01, shareOfStart: 0.02, action: null } };
    const milder = { ...churn({ bands: { ...lines, critical: { ...lines.alert, threshold: 0.001 } } }), revision: 2 };
    const { transitions } = rescore(state, milder, noon(91));
    expect(alertsIn(transitions)[0]).toMatchObject({
      resolveReason: 'config',
      cause: 'config_change',
      modelRevision: 2,
    });
  });

  it('draws the control group by a key, about as many as the model says', () => {
    const share = (controlKey: string): readonly boolean[] =>
      Array.from({ length: 400 }, (_, n) => {
        const customerId = `c${n}`;
        const events = [0, 10].map((day) => purchase({ customerId, eventId: `${n}-${day}`, occurredAt: noon(day) }));
        const model = churn({ controlShare: 0.25, controlKey });
        return silence(tell(events, model).state, 200, model)[0]?.control ?? false;
      });
    const drawn = share('a');
    expect(drawn).toEqual(share('a'));
    expect(drawn).not.toEqual(share('b'));
    const count = drawn.filter(Boolean).length;
    expect(count).toBeGreaterThan(70);
    expect(count).toBeLessThan(130);
  });
});

describe('suppressed', () => {
  it('tells the same alert as suppressed, leaves none open and none to score', () => {
    const result = tickUntil(tell(regular).state, noon(90), cdnowModel, context);
    const before = alertsIn(result.transitions);
    const { state, transitions } = suppressed(result);
    expect([steps(before), steps(alertsIn(transitions))]).toEqual([['opened'], ['suppressed']]);
    expect(alertsIn(transitions)[0]?.alertId).toBe(before[0]?.alertId);
    expect(state?.standing.churn).toMatchObject({ band: 'alert', alert: null, unscored: [], endedAt: null });
    expect(state === null ? null : silence(state, 200)).toEqual([]);
  });

  it('leaves a result without an opened alert as it is', () => {
    const result = tickUntil(tell(regular).state, noon(31), cdnowModel, context);
    expect(suppressed(result)).toBe(result);
  });
});

describe('the score of an alert', () => {
  const scoredAfter = (...events: Parameters<typeof tell>[0]): readonly UnscoredAlert[] => {
    let state: CustomerState | undefined;
    const scored: UnscoredAlert[] = [];
    for (const event of [...regular, ...events, interaction({ occurredAt: noon(400), kind: 'support_ticket' })]) {
      const result = step(state, event, cdnowModel, context);
      state = result.state;
      scored.push(...result.scored);
    }
    return scored;
  };

  it('comes when its horizon ends: back or not, touched in time or not, at what margin', () => {
    const opened = silence(tell(regular).state, 200)[0]?.effectiveAt ?? 0;
    const touch = (days: number): ReturnType<typeof interaction> =>
      interaction({ occurredAt: opened + days * dayMs, kind: 'campaign_touch' });
    expect(scoredAfter()).toMatchObject([{ openedAt: opened, band: 'alert', hasReturned: false, isTreated: false }]);
    expect(scoredAfter(touch(13))).toMatchObject([{ isTreated: true }]);
    expect(scoredAfter(touch(15))).toMatchObject([{ isTreated: false }]);
    const back = purchase({ occurredAt: opened + 20 * dayMs, amountMinor: 5_000 });
    expect(scoredAfter(back)[0]).toMatchObject({ hasReturned: true, marginMinor: 5_000 });
  });
});

describe('the alerts of any history', () => {
  const followers: Readonly<Record<string, readonly string[]>> = {
    none: ['opened'],
    opened: ['escalated', 'deescalated', 'resolved', 'expired'],
    escalated: ['escalated', 'deescalated', 'resolved', 'expired'],
    deescalated: ['escalated', 'deescalated', 'resolved', 'expired'],
  };

  it('never skip or repeat a step, never open by a purchase, and are gap-free', () => {
    let alertCount = 0;
    const eager = roomy(churn({ coolDownDays: 0, openAt: 'watch', forDays: 2 }));
    const models = fc.oneof(fc.constantFrom(roomy(cdnowModel), eager), anyModel);
    fc.assert(
      fc.property(anyHistory, models, fc.boolean(), (history, model, isShuffled) => {
        const events = isShuffled
          ? history.events.toSorted((a, b) => (a.event.eventId < b.event.eventId ? -1 : 1))
          : history.events;
        const told = tell(events, model);
        const silent = tickUntil(told.state, told.state.evaluatedTo + 400 * dayMs, model, context);
        const alerts = [...told.alerts, ...alertsIn(silent.transitions)];
        const state = silent.state ?? expect.fail('whoever bought is not forgotten');
        let [last, band] = ['none', 'none'];
        alerts.forEach((alert, index) => {
          expect(alert.sequence).toBe(index + 1);
          expect(followers[last]).toContain(alert.status);
          const isOrder =
            alert.causationId !== null &&
            events.some(
              ({ input, event }) =>
                input === 'purchases' && event.eventId === alert.causationId && event.kind === 'order',
            );
          if (isOrder) expect(['resolved', 'deescalated']).toContain(alert.status);
          if (alert.status === 'escalated' || alert.status === 'deescalated') expect(alert.band).not.toBe(band);
          band = alert.band;
          last = alert.status === 'resolved' || alert.status === 'expired' ? 'none' : alert.status;
          alertCount += 1;
        });
        expect(state.standing.churn.alert === null).toBe(last === 'none');
        expect(state.sequences.churnAlert).toBe(alerts.length);
      }),
      { numRuns: 200 },
    );
    expect(alertCount).toBeGreaterThan(100);
  });

  it('are as many when every one of them is suppressed: opened and suppressed are what was crossed', () => {
    fc.assert(
      fc.property(anyHistory, fc.oneof(fc.constant(roomy(cdnowModel)), anyModel), (history, model) => {
        const { state } = history.told(model);
        const until = state.evaluatedTo + 300 * dayMs;
        const free = alertsIn(tickUntil(state, until, model, context).transitions);
        const bound = alertsIn(suppressed(tickUntil(state, until, model, context)).transitions);
        const crossed = (alerts: readonly Alert[], ...statuses: readonly string[]): number =>
          alerts.filter(({ status }) => statuses.includes(status)).length;
        expect(crossed(bound, 'opened', 'suppressed')).toBe(crossed(free, 'opened'));
      }),
      { numRuns: 100 },
    );
  });
});
