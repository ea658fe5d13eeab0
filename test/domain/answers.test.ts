// Scales: what an answer is worth does not depend on how the question counts.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { npsClass, surveyAnswer } from '../../src/domain/answers.ts';
import type { Survey } from '../../src/domain/contracts.ts';

const asked: Survey = {
  eventId: 'e',
  customerId: 'c1',
  occurredAt: 0,
  kind: 'ces',
  score: 0,
  scaleMin: 0,
  scaleMax: 10,
  direction: 'higher_is_better',
  surveyId: null,
  orderId: null,
};
const value = (fields: Partial<Survey>): number => surveyAnswer({ ...asked, ...fields }).value;

/** Scales as people use them, and a place on one, 0 to 1. */
const scale = fc
  .record({
    scaleMin: fc.integer({ min: -100, max: 100 }),
    steps: fc.integer({ min: 1, max: 100 }),
    place: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .map(({ scaleMin, steps, place }) => ({
    scaleMin,
    scaleMax: scaleMin + steps,
    score: scaleMin + place * steps,
    place,
  }));

describe('surveyAnswer', () => {
  it('says on a scale on which less is better what its mirror image says on the usual one', () => {
    fc.assert(
      fc.property(scale, ({ scaleMin, scaleMax, score }) => {
        const mirrored = scaleMin + scaleMax - score;
        const less = value({ scaleMin, scaleMax, score, direction: 'lower_is_better' });
        expect(less).toBeCloseTo(value({ scaleMin, scaleMax, score: mirrored }), 9);
      }),
    );
  });

  it('gives the place on any scale back, from 0 at its worst end to 100 at its best', () => {
    fc.assert(
      fc.property(scale, ({ scaleMin, scaleMax, score, place }) => {
        const said = value({ scaleMin, scaleMax, score });
        expect(said).toBeGreaterThanOrEqual(0);
        expect(said).toBeLessThanOrEqual(100);
        expect(said / 100).toBeCloseTo(place, 9);
        expect(value({ scaleMin, scaleMax, score: scaleMin })).toBe(0);
        expect(value({ scaleMin, scaleMax, score: scaleMin, direction: 'lower_is_better' })).toBe(100);
      }),
    );
  });
});

describe('npsClass', () => {
  const nps = (score: number, fields: Partial<Survey> = {}): string | null =>
    npsClass(surveyAnswer({ ...asked, kind: 'nps', score, ...fields }));

  it('is that of the answer from 0 to 10', () => {
    const classes = Array.from({ length: 11 }, (_, score) => nps(score));
    expect(classes).toEqual([
      ...Array<string>(7).fill('detractor'),
      ...Array<string>(2).fill('passive'),
      ...Array<string>(2).fill('promoter'),
    ]);
  });

  it('is unknown on any other scale, the other way round, and of any other question', () => {
    expect(nps(5, { scaleMax: 5 })).toBeNull();
    expect(nps(10, { scaleMin: 1 })).toBeNull();
    expect(nps(0, { direction: 'lower_is_better' })).toBeNull();
    expect(nps(9, { kind: 'csat' })).toBeNull();
    expect(npsClass(null)).toBeNull();
  });
});
