// Suggestions for mistyped names.
import { describe, expect, it } from 'vitest';
import { nearest, suggestion } from '../../src/domain/nearest.ts';

describe('nearest', () => {
  it.each([
    ['revison', 'revision'],
    ['REVISION', 'revision'],
    ['tires', 'tiers'],
    ['colour', undefined],
    ['', undefined],
  ])('proposes for %j: %s', (word, proposed) => {
    expect(nearest(word, ['revision', 'tiers', 'zone'])).toBe(proposed);
  });
});

describe('suggestion', () => {
  it('is a sentence of its own, or nothing', () => {
    expect(suggestion('zon', ['zone'])).toBe(' Did you mean zone?');
    expect(suggestion('colour', ['zone'])).toBe('');
  });
});
