// Plays the stories of tiers.md: what each row says we tell is exactly what the domain tells, points and all.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { CustomerState } from '../../src/domain/contracts.ts';
import type { InputEvent } from '../../src/domain/event.ts';
import { step } from '../../src/domain/step.ts';
import type { TierTransition, Transition } from '../../src/domain/step.ts';
import { at, cdnowModel, interaction, purchase, survey } from '../domain/support/story.ts';

const text = readFileSync(new URL('tiers.md', import.meta.url), 'utf8');

interface Story {
  readonly title: string;
  readonly rows: readonly Row[];
}

interface Row {
  readonly date: string;
  readonly happens: string;
  readonly told: string;
}

function stories(markdown: string): readonly Story[] {
  return markdown
    .split(/^## /m)
    .slice(1)
    .map((part) => {
      const [title = '', ...lines] = part.split('\n');
      const cells = lines.map((line) => line.split('|').map((cell) => cell.trim()));
      const rows = cells.flatMap(([, date = '', happens = '', told = '']) =>
        /^\d{4}-/.test(date) ? [{ date, happens, told }] : [],
      );
      return { title, rows };
    });
}

const cents = (amount: string): number => Number(amount.replace('.', ''));

function eventOf({ date, happens }: Row, index: number): InputEvent {
  const [verb = '', amount = '', , orderDate = ''] = happens.split(' ');
  const occurredAt = at(date);
  const eventId = `row-${index}`;
  const money = { eventId, occurredAt, amountMinor: cents(amount) };
  if (verb === 'buys') return purchase(money);
  if (verb === 'returns') return purchase({ ...money, kind: 'refund', orderedAt: at(orderDate) });
  if (verb === 'cancels') return purchase({ ...money, kind: 'cancellation', orderedAt: at(orderDate) });
  if (verb === 'visits') return interaction({ eventId, occurredAt });
  if (verb === 'answers') return survey({ eventId, occurredAt, score: Number(happens.split(' ').at(-1)) });
  throw new Error(`a story knows no "${happens}"`);
}

/** What time alone has done carries its own minute. */
function onItsOwn({ cause, effectiveAt }: TierTransition['value']): string {
  return cause === 'time_passed' ? `${new Date(effectiveAt).toISOString().slice(0, 16).replace('T', ' ')} ` : '';
}

/** A transition in a marketer's words: what changed, the score before and after, and what each factor did to it. */
function told({ value }: TierTransition): string {
  const { direction, previousTier, currentTier, scoreBefore, scoreAfter, cause, factors, decaysTo } = value;
  const points = (hundredths: number): string => (hundredths / 100).toFixed(2);
  const parts = factors.map(
    ({ name, contribution }) => `${name} ${contribution < 0 ? '' : '+'}${points(contribution)}`,
  );
  const now = currentTier?.name ?? 'no tier';
  if (direction === 'will_fall')
    return `${onItsOwn(value)}will fall from ${now} to ${decaysTo?.tier?.name ?? 'no tier'}`;
  const what = previousTier === null ? `enters ${now}` : `${direction} from ${previousTier.name} to ${now}`;
  const correction = cause === 'correction' ? ', corrected' : '';
  return `${onItsOwn(value)}${what}${correction}: ${points(scoreBefore)} → ${points(scoreAfter)} (${parts.join(', ')})`;
}

const tierChanges = (transitions: readonly Transition[]): readonly TierTransition[] =>
  transitions.filter((transition) => transition.topic === 'tierChanged');

function play(rows: readonly Row[]): readonly Row[] {
  let state: CustomerState | undefined;
  return rows.map((row, index) => {
    const result = step(state, eventOf(row, index), cdnowModel, { backfillRunId: null });
    state = result.state;
    return { ...row, told: tierChanges(result.transitions).map(told).join('; ') };
  });
}

describe('the stories of tiers.md', () => {
  it.each(stories(text))('$title', ({ rows }) => {
    expect(rows.length).toBeGreaterThan(0);
    expect(play(rows)).toEqual(rows);
  });
});
