// The order in which the records of all partitions are played: in each partition that of its task.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { merged, type Queued } from '../../src/cli/topic-history.ts';
import { purchase } from '../domain/support/story.ts';

const arrival = { brokerTimestampMs: 0, backfillRunId: null };
const queued = (mergeKeyMs: number, eventId: string): Queued => ({
  mergeKeyMs,
  event: { ...purchase({ occurredAt: mergeKeyMs, eventId }), arrival },
});
const nothing = (mergeKeyMs: number): Queued => ({ mergeKeyMs, event: null });
const idsOf = (queues: readonly (readonly Queued[])[]): readonly string[] =>
  merged(queues).map(({ event }) => event.eventId);

describe('merged', () => {
  it('takes the least merge key of the heads, of equal ones the first queue’s, and never past a head', () => {
    const late = [queued(5, 'a'), queued(1, 'b'), queued(9, 'c')];
    expect(idsOf([late, [queued(3, 'd'), queued(5, 'e')]])).toEqual(['d', 'a', 'b', 'e', 'c']);
  });

  it('lets what made no event hold back what is behind it', () => {
    expect(
      idsOf([
        [nothing(6), queued(1, 'a')],
        [queued(2, 'b'), queued(7, 'c')],
      ]),
    ).toEqual(['b', 'a', 'c']);
  });

  it('leaves each partition as it is alone, whatever else is played', () => {
    const queue = fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 12 });
    fc.assert(
      fc.property(fc.array(queue, { minLength: 2, maxLength: 6 }), (keys) => {
        const queues = keys.map((own, n) => own.map((key, index) => queued(key, `${n}-${index}`)));
        const [one, other] = queues;
        if (one === undefined || other === undefined) return;
        const own = (id: string): boolean => id.startsWith('0-') || id.startsWith('1-');
        expect(idsOf(queues).filter(own)).toEqual(idsOf([one, other]));
        expect(idsOf(queues)).toHaveLength(keys.flat().length);
      }),
    );
  });
});
