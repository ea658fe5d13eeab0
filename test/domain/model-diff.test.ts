// What differs between two models, by meaning.
import { describe, expect, it } from 'vitest';
import { diffModels } from '../../src/domain/model-diff.ts';
import type { Model } from '../../src/domain/model.ts';
import { cdnowModel } from './support/story.ts';

const [first, second, ...others] = cdnowModel.rfm.segments;
if (first === undefined || second === undefined) throw new Error('the demo has segments');

function withSegments(segments: Model['rfm']['segments']): Model {
  return { ...cdnowModel, rfm: { ...cdnowModel.rfm, segments } };
}

describe('diffModels', () => {
  it('finds none between equal models, whatever their revisions', () => {
    const result = diffModels(cdnowModel, { ...cdnowModel, revision: 9 });
    expect(result).toEqual({ revisionBefore: 1, revisionAfter: 9, differences: [], needsRevision: false });
  });

  it('names each value that differs by its path in the file', () => {
    const after: Model = {
      ...cdnowModel,
      horizonDays: 28,
      attributes: { region: ['north'] },
      tiers: cdnowModel.tiers.map((tier) => (tier.id === 'high' ? { ...tier, enter: 7_000 } : tier)),
    };
    expect(diffModels(cdnowModel, after).differences).toEqual([
      { path: 'horizonDays', before: 91, after: 28 },
      { path: 'tiers.levels[high].enter', before: 6_500, after: 7_000 },
      { path: 'attributes.region', before: undefined, after: ['north'] },
    ]);
  });

  it('takes a list of numbers as one value', () => {
    const after: Model = { ...cdnowModel, rfm: { ...cdnowModel.rfm, frequency: [1, 2, 3, 6] } };
    expect(diffModels(cdnowModel, after).differences).toEqual([
      { path: 'rfm.frequency', before: [1, 2, 3, 5], after: [1, 2, 3, 6] },
    ]);
  });

  it('sees a changed order, because the first match counts, apart from what came and went', () => {
    const ids = others.map(({ id }) => id);
    const swapped = diffModels(withSegments([first, second, ...others]), withSegments([second, first, ...others]));
    expect(swapped.differences).toEqual([
      { path: 'rfm.segments (order)', before: [first.id, second.id, ...ids], after: [second.id, first.id, ...ids] },
    ]);
    const gone = diffModels(withSegments([first, second]), withSegments([second]));
    expect(gone.differences.map(({ path }) => path)).toEqual([`rfm.segments[${first.id}]`]);
  });

  it.each([
    [1, 1, true],
    [2, 1, true],
    [1, 2, false],
  ])('asks for a higher revision: from %d to %d, %s', (before, after, needed) => {
    const changed = { ...cdnowModel, revision: after, zone: 'Asia/Shanghai' };
    expect(diffModels({ ...cdnowModel, revision: before }, changed).needsRevision).toBe(needed);
  });
});
