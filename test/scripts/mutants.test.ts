import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { mutants, type Mutant } from '../../scripts/mutants-list.ts';
import { applied, editsOf, judge, type Ran } from '../../scripts/mutants.ts';

describe('mutants', () => {
  it.each(mutants.map((mutant) => [mutant.name, mutant] as const))('fit the source: %s', (_, mutant) => {
    const texts = new Map<string, string>();
    for (const edit of editsOf(mutant)) {
      const text = texts.get(edit.file) ?? readFileSync(edit.file, 'utf8');
      texts.set(edit.file, applied(text, edit));
    }
    expect(texts.size).toBeGreaterThan(0);
    expect(existsSync(mutant.test)).toBe(true);
    expect(mutant.killer).not.toBe('');
  });

  it('have names of their own', () => {
    expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
  });
});

describe('applied', () => {
  it('replaces what is there once, and refuses what is not there or is there twice', () => {
    const edit = { file: 'a.ts', find: 'b', replace: 'x' };
    expect(applied('abc', edit)).toBe('axc');
    expect(() => applied('ac', edit)).toThrow('a.ts: not there any more: b');
    expect(() => applied('abcb', edit)).toThrow('a.ts: more than once: b');
  });
});

describe('judge', () => {
  const mutant: Mutant = {
    ...{ name: 'm', harm: '', file: 'a.ts', find: 'b', replace: 'x' },
    ...{ test: 'test/a.test.ts', killer: 'is right', said: 'to be 3' },
  };
  const ran = (fullName: string, status: string, ...failureMessages: string[]): Ran => ({
    ...{ fullName, status, failureMessages },
  });

  it.each([
    [true, 'expected 4 to be 3', [ran('it is right', 'failed', 'expected 4 to be 3\nat x')]],
    [false, 'SURVIVED', [ran('it is right', 'passed'), ran('another', 'failed', 'to be 3')]],
    [false, 'no test "is right" ran', [ran('it is right', 'skipped'), ran('another', 'passed')]],
    [false, 'failed otherwise: boom', [ran('it is right', 'failed', 'boom')]],
  ] as const)('answers %s: %s', (killed, why, results) => {
    expect(judge(mutant, results)).toEqual({ killed, why });
  });
});
