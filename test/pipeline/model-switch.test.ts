import { describe, expect, it } from 'vitest';
import { modelOfContent, readModelFile } from '../../src/adapters/model-file.ts';
import { checkModel } from '../../src/domain/model-check.ts';
import type { Model } from '../../src/domain/model.ts';
import { noMemory } from '../../src/pipeline/memory.ts';
import { settleModel } from '../../src/pipeline/model-switch.ts';

function model(revision: number): Model {
  const file = readModelFile('examples/cdnow/model.yaml', checkModel);
  if (!file.ok) throw new Error('the example is faulty');
  return { ...file.model, revision };
}

describe('settleModel', () => {
  const first = settleModel(noMemory, model(1), modelOfContent, 5);
  const memory = { ...noMemory, ...first.memory };

  it('remembers the first model whole, so that it can be read back', () => {
    expect(first.what).toBe('first');
    expect(modelOfContent(memory.model?.content ?? '')).toEqual(model(1));
    expect(memory.rescore).toBeNull();
    expect(settleModel(memory, model(1), modelOfContent, 9)).toMatchObject({ what: 'same', memory: {} });
  });

  it('switches to a higher revision as of the task time found, and begins to re-score', () => {
    const switched = settleModel(memory, model(2), modelOfContent, 9);
    expect(switched).toMatchObject({ what: 'switched', memory: { model: { revision: 2, activatedAt: 9 } } });
    expect(switched.memory.rescore).toEqual({ revision: 2, afterCustomerId: null, startedAt: 9, isDone: false });
    const later = { ...memory, ...switched.memory };
    expect(settleModel(later, model(1), modelOfContent, 11)).toEqual({ what: 'older', memory: {}, model: model(2) });
  });

  it('refuses the same revision with other content', () => {
    const other = { ...model(1), noticeDays: model(1).noticeDays + 1 };
    expect(() => settleModel(memory, other, modelOfContent, 9)).toThrow(/revision 1 but not the content/);
  });
});
