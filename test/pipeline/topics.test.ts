/** Topic names with and without a prefix. */
import { describe, expect, it } from 'vitest';
import { subjectOf, topicDefaults, topicNames } from '../../src/pipeline/topics.ts';

describe('topicNames', () => {
  it('gives the default names without a prefix', () => {
    expect(topicNames('')).toEqual(topicDefaults);
  });

  it('puts the prefix before every name', () => {
    const names = topicNames('test-');
    expect(Object.keys(names)).toEqual(Object.keys(topicDefaults));
    expect(names.changelog).toBe('test-clientele.state.v1');
    expect(Object.values(names).every((name) => name.startsWith('test-'))).toBe(true);
  });
});

describe('subjectOf', () => {
  it('names the subject after topic and prefix', () => {
    expect(subjectOf(topicNames('a.').purchases)).toBe('a.customer.purchases.v1-value');
  });
});
