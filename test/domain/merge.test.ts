// Plain values laid over each other.
import { describe, expect, it } from 'vitest';
import { laidOver } from '../../src/domain/merge.ts';

describe('laidOver', () => {
  it.each([
    [{ a: 1, b: { c: 2, d: 3 } }, { b: { d: 4, e: 5 } }, { a: 1, b: { c: 2, d: 4, e: 5 } }],
    [{ a: [1, 2] }, { a: [3] }, { a: [3] }],
    [{ a: 1 }, { a: null }, { a: null }],
    [{ a: { b: 1 } }, { a: 5 }, { a: 5 }],
    [{ a: 1 }, undefined, { a: 1 }],
    [{ a: 1 }, 'text', 'text'],
    [null, { a: 1 }, { a: 1 }],
  ])('lays on %j %j and has %j', (base, over, whole) => {
    expect(laidOver(base, over)).toEqual(whole);
  });

  it('takes a key called __proto__ as any other', () => {
    const over: unknown = JSON.parse('{"__proto__":{"a":2}}');
    expect(JSON.stringify(laidOver({ b: 1 }, over))).toBe('{"b":1,"__proto__":{"a":2}}');
  });
});
