// The work list from the steps of alerts: which are kept, what became of them, in which order, and how they are shown.
import { describe, expect, it } from 'vitest';
import { AlertList, alertsCsv, alertsText, type AlertChoice } from '../../src/cli/alert-list.ts';
import type { ChurnAlert } from '../../src/domain/contracts.ts';

const dayMs = 86_400_000;
const monday = Date.parse('2024-03-04T00:00:00Z');

function alertStep(fields: Partial<ChurnAlert> & Pick<ChurnAlert, 'alertId' | 'status' | 'effectiveAt'>): ChurnAlert {
  return {
    eventId: `${fields.alertId}-${fields.status}`,
    customerId: `customer of ${fields.alertId}`,
    sequence: 1,
    resolveReason: null,
    cause: 'time_passed',
    causationId: null,
    supersedes: null,
    recordedAt: fields.effectiveAt,
    risk: 0.7,
    band: 'alert',
    previousBand: 'watch',
    threshold: 0.3,
    crossedAt: fields.effectiveAt,
    lastPurchaseAt: null,
    expectedNextPurchaseAt: null,
    personalIntervalWeeks: null,
    valueAtStake: { amountMinor: 1_250, currency: 'USD' },
    factors: [],
    recommendedAction: 'call',
    lossReason: null,
    expiresAt: null,
    control: false,
    modelRevision: 1,
    engineVersion: '0',
    backfill: false,
    runId: null,
    ...fields,
  };
}

const steps: readonly ChurnAlert[] = [
  alertStep({ alertId: 'bought', status: 'opened', effectiveAt: monday }),
  alertStep({ alertId: 'waits', status: 'opened', effectiveAt: monday + dayMs, valueAtStake: null }),
  alertStep({ alertId: 'worse', status: 'opened', effectiveAt: monday + 2 * dayMs }),
  alertStep({ alertId: 'over budget', status: 'suppressed', effectiveAt: monday + 2 * dayMs }),
  alertStep({ alertId: 'control', status: 'opened', effectiveAt: monday + 3 * dayMs, control: true }),
  alertStep({ alertId: 'bought', status: 'resolved', resolveReason: 'purchase', effectiveAt: monday + 4 * dayMs }),
  alertStep({ alertId: 'worse', status: 'escalated', band: 'critical', effectiveAt: monday + 5 * dayMs }),
];

function listed(choice: AlertChoice) {
  const list = new AlertList(choice);
  for (const step of steps) list.take(step);
  return list.entries();
}

describe('AlertList', () => {
  it('keeps the alerts that are open, as their newest step says, the most at stake first, then the oldest', () => {
    const open = listed({ kind: 'open' });
    expect(open.map(({ alertId }) => alertId)).toEqual(['worse', 'control', 'waits']);
    expect(open[0]).toMatchObject({ band: 'critical', openedAt: monday + 2 * dayMs, changedAt: monday + 5 * dayMs });
  });

  it('keeps what opened since an instant, whatever became of it', () => {
    const since = listed({ kind: 'since', at: monday + 2 * dayMs });
    expect(since.map(({ alertId, outcome }) => [alertId, outcome])).toEqual([
      ['over budget', 'suppressed'],
      ['worse', 'open'],
      ['control', 'open'],
    ]);
    const all = listed({ kind: 'since', at: monday });
    expect(all.find(({ alertId }) => alertId === 'bought')).toMatchObject({ outcome: 'purchase', openedAt: monday });
  });

  it('names no action for a control alert', () => {
    const actions = listed({ kind: 'open' }).map(({ control, action }) => [control, action]);
    expect(actions).toEqual([
      [false, 'call'],
      [true, null],
      [false, 'call'],
    ]);
  });

  it('is no matter of a step whose beginning retention has taken away', () => {
    const list = new AlertList({ kind: 'open' });
    list.take(alertStep({ alertId: 'old', status: 'escalated', effectiveAt: monday }));
    expect(list.entries()).toHaveLength(1);
    const recent = new AlertList({ kind: 'since', at: monday });
    recent.take(alertStep({ alertId: 'old', status: 'expired', effectiveAt: monday + dayMs }));
    expect(recent.entries()).toEqual([]);
  });
});

describe('alertsCsv', () => {
  it('has a header, amounts in units of the currency and empty cells for what is not known', () => {
    expect(alertsCsv(listed({ kind: 'open' }), () => 2).split('\n')).toEqual([
      'customerId,band,risk,valueAtStake,currency,action,control,openedAt,lastPurchaseAt,expiresAt,outcome,alertId',
      'customer of worse,critical,0.700,12.50,USD,call,,2024-03-06T00:00:00.000Z,,,open,worse',
      'customer of control,alert,0.700,12.50,USD,,control,2024-03-07T00:00:00.000Z,,,open,control',
      'customer of waits,alert,0.700,,,call,,2024-03-05T00:00:00.000Z,,,open,waits',
    ]);
  });
});

describe('alertsText', () => {
  it('aligns columns under their names', () => {
    const lines = alertsText(listed({ kind: 'open' }), () => 2).split('\n');
    expect(lines).toHaveLength(4);
    expect(lines[1]?.indexOf('critical')).toBe(lines[0]?.indexOf('band'));
    expect(lines[1]?.indexOf('12.50')).toBe(lines[0]?.indexOf('valueAtStake'));
  });

  it('says so when there is none', () => {
    expect(alertsText([], () => 2)).toBe('no alert');
  });
});
