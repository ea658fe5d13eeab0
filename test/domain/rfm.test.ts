// RFM scores at the demo's cut points: recency 122, 285, 309, 333 days; frequency 1, 2, 3, 5; monetary in cents.
import { describe, expect, it } from 'vitest';
import { momentOf } from '../../src/domain/moment.ts';
import { rfmCells, rfmScores, segmentOf } from '../../src/domain/rfm.ts';
import { emptyState } from '../../src/domain/state.ts';
import { dayMs } from '../../src/domain/time.ts';
import { cdnowModel, noon, purchase, tell } from './support/story.ts';

describe('rfmScores', () => {
  it.each([
    // silence in days, purchase days, amount of each: R, F, M
    [0, 1, 1_499, 5, 1, 1],
    [122, 1, 1_500, 5, 1, 2],
    [122 + 1 / dayMs, 2, 1_000, 4, 2, 2],
    [300, 3, 2_000, 3, 3, 4],
    [333, 5, 3_000, 2, 4, 5],
    [334, 6, 0, 1, 5, 1],
  ])('after %d days of silence, %d purchase days of %d: %d %d %d', (silence, count, amountMinor, ...scores) => {
    const events = Array.from({ length: count }, (_, n) => purchase({ occurredAt: noon(n), amountMinor }));
    const moment = momentOf(tell(events).state, noon(count - 1) + silence * dayMs);
    expect(Object.values(rfmScores(moment, cdnowModel) ?? {})).toEqual(scores);
  });

  it('has no scores without a purchase', () => {
    expect(rfmScores(momentOf(emptyState('c1', 0), 0), cdnowModel)).toBeNull();
  });
});

describe('segmentOf', () => {
  it('takes the first segment that matches, and none where none does', () => {
    const { segments } = cdnowModel.rfm;
    expect(segmentOf({ recency: 5, frequency: 5, monetary: 5 }, segments)?.id).toBe('champions');
    expect(segmentOf({ recency: 1, frequency: 5, monetary: 5 }, segments)?.id).toBe('cannot_lose');
    expect(segmentOf({ recency: 5, frequency: 5, monetary: 1 }, segments)).toBeNull();
  });
});

describe('rfmCells', () => {
  it('lists the 125 triples once each', () => {
    expect(new Set(rfmCells().map((cell) => Object.values(cell).join('')))).toHaveLength(125);
  });
});
