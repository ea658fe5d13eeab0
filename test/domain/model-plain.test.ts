// A model in file form: read back, it is the very same model.
import { describe, expect, it } from 'vitest';
import { checkModel } from '../../src/domain/model-check.ts';
import { plainModel } from '../../src/domain/model-plain.ts';
import { fullModel } from './support/full-model.ts';
import { cdnowModel } from './support/story.ts';

describe('plainModel', () => {
  it.each([
    ['the demo', cdnowModel],
    ['a model that uses every part', fullModel],
  ])('is read back to the same model: %s', (_, model) => {
    const checked = checkModel(JSON.parse(JSON.stringify(plainModel(model))));
    expect(checked).toMatchObject({ ok: true });
    expect(checked.ok && checked.model).toEqual(model);
  });

  it('writes a rate that always holds as its text, and dated ones by business day', () => {
    expect(plainModel(fullModel)['rates']).toEqual({
      EUR: '1.10',
      JPY: [
        { from: '2024-01-01', rate: '0.007' },
        { from: '2024-03-01', rate: '0.0067' },
      ],
    });
  });
});
