// The next instant is exact: nothing changes before it, something does at it, and splitting the silence changes nothing.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CustomerState } from '../../src/domain/contracts.ts';
import type { Model } from '../../src/domain/model.ts';
import { arm, isArmed, nextInstant } from '../../src/domain/next-instant.ts';
import { step } from '../../src/domain/step.ts';
import { tick, tickUntil } from '../../src/domain/tick.ts';
import type { TickResult } from '../../src/domain/tick.ts';
import { dayMs } from '../../src/domain/time.ts';
import { anyHistory, roomy } from './support/any-history.ts';
import { anyModel } from './support/any-model.ts';
import { cdnowModel, noon, purchase, tell } from './support/story.ts';

const context = { backfillRunId: null };

/** What the world could notice, and what the customer's silence has come to. */
const noticed = ({ state, transitions, scored }: TickResult): unknown => {
  if (state === null) return 'forgotten';
  const { standing, sequences } = state;
  return { ...standing, ahead: null, sequences, told: transitions.map(({ value }) => value.eventId), scored };
};

/** True when a tick at `at` tells or changes something. */
function changesAt(state: CustomerState, at: number, model: Model): boolean {
  const still = noticed({ state, transitions: [], scored: [] });
  return JSON.stringify(noticed(tick(state, at, model, context))) !== JSON.stringify(still);
}

describe('nextInstant', () => {
  it('is after the judgement; a millisecond before it nothing changes, at it something does, unless it is a cap', () => {
    let [exact, caps] = [0, 0];
    fc.assert(
      fc.property(anyHistory, fc.oneof(anyModel, fc.constantFrom(roomy(cdnowModel))), (history, model) => {
        let state: CustomerState | null = arm(history.told(model).state, model);
        for (let nth = 0; nth < 6 && state?.nextDue != null; nth += 1) {
          const due: number = state.nextDue;
          expect(due).toBeGreaterThan(state.evaluatedTo);
          if (due - 1 > state.evaluatedTo) expect(changesAt(state, due - 1, model)).toBe(false);
          if (changesAt(state, due, model)) exact += 1;
          else caps += 1;
          ({ state } = tick(state, due, model, context));
        }
      }),
      { numRuns: 60 },
    );
    expect(exact).toBeGreaterThan(100);
    expect(caps).toBeGreaterThan(0);
  });

  it('equals a scan of every hour, refined where it finds a change', () => {
    const hourMs = dayMs / 24;
    const days = 45;
    let found = 0;
    fc.assert(
      fc.property(anyHistory, anyModel, (history, model) => {
        const { state } = history.told(model);
        const until = state.evaluatedTo + days * dayMs;
        let scanned: number | null = null;
        for (let at = state.evaluatedTo + hourMs; at <= until && scanned === null; at += hourMs) {
          if (!changesAt(state, at, model)) continue;
          let [before, after] = [at - hourMs, at];
          while (after - before > 1) {
            const middle = Math.floor((before + after) / 2);
            if (changesAt(state, middle, model)) after = middle;
            else before = middle;
          }
          scanned = after;
        }
        // A cap ends a search, not a silence.
        let current: CustomerState | null = state;
        let due = nextInstant(current, until, model);
        while (due !== null && current !== null && !changesAt(current, due, model)) {
          ({ state: current } = tick(current, due, model, context));
          due = current === null ? null : nextInstant(current, until, model);
        }
        if (scanned !== null) found += 1;
        if (due === scanned) return;
        // Rounded points may be beyond a line for less than an hour: the scan does not see that.
        if (due === null) throw new Error(`nothing found, but a change at ${scanned ?? ''}`);
        expect(due).toBeLessThan(scanned ?? Infinity);
        const sinceHour = (due - state.evaluatedTo) % hourMs;
        expect([changesAt(state, due, model), changesAt(state, due - sinceHour + hourMs, model)]).toEqual([
          true,
          false,
        ]);
      }),
      { numRuns: 15 },
    );
    expect(found).toBeGreaterThan(0);
  });

  it('leads to the same whether the silence is cut into pieces or not', () => {
    fc.assert(
      fc.property(
        anyHistory,
        anyModel,
        fc.array(fc.integer({ min: 1, max: 500 }), { maxLength: 4 }),
        (history, model, cuts) => {
          const { state } = history.told(model);
          const until = state.evaluatedTo + 520 * dayMs;
          const whole = tickUntil(state, until, model, context);
          const told: string[] = [];
          let current: CustomerState | null = state;
          for (const cut of [...cuts.map((days) => state.evaluatedTo + days * dayMs).sort((a, b) => a - b), until]) {
            if (current === null) break;
            const part = tickUntil(current, cut, model, context);
            told.push(...part.transitions.map(({ value }) => value.eventId));
            current = part.state === null || cut === until ? part.state : tick(part.state, cut, model, context).state;
          }
          expect(told).toEqual(whole.transitions.map(({ value }) => value.eventId));
          const end = (one: CustomerState | null): unknown => one && { ...one.standing, ahead: null };
          expect(end(current)).toEqual(end(whole.state));
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe('arm', () => {
  it('is undone by every event that is taken, and by nothing else', () => {
    let taken = 0;
    fc.assert(
      fc.property(anyHistory, anyModel, ({ events }, model) => {
        let state: CustomerState | undefined;
        for (const event of [...events, ...events.slice(0, 1)]) {
          const before = state === undefined ? undefined : arm(state, model);
          const { outcome, state: after } = step(before, event, model, context);
          state = after;
          expect(isArmed(after)).toBe(outcome !== 'applied');
          const armed = arm(after, model);
          expect(arm(armed, model)).toBe(armed);
          expect(armed.nextDue ?? Infinity).toBeGreaterThan(event.event.occurredAt);
          if (outcome === 'applied') taken += 1;
        }
      }),
      { numRuns: 30 },
    );
    expect(taken).toBeGreaterThan(100);
  });

  it('finds another instant after a purchase', () => {
    const { state } = tell([purchase({ occurredAt: noon(0) })]);
    const again = tell([purchase({ occurredAt: noon(0) }), purchase({ occurredAt: noon(5) })]).state;
    expect(arm(again, cdnowModel).nextDue).not.toBe(arm(state, cdnowModel).nextDue);
  });
});
