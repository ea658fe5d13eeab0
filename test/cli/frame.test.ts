/** Options of a command: what is understood and what is refused, with which words. */
import { describe, expect, it } from 'vitest';
import { UsageError, exitCodes, parseOptions } from '../../src/cli/frame.ts';

const specs = { currency: { type: 'string' }, strict: { type: 'boolean' }, map: { type: 'string' } } as const;

describe('parseOptions', () => {
  it('separates options from positionals', () => {
    const { values, positionals } = parseOptions(['cdnow', '--currency=EUR', 'a.csv', '--strict'], specs);
    expect(positionals).toEqual(['cdnow', 'a.csv']);
    expect({ ...values }).toEqual({ currency: 'EUR', strict: true });
  });

  it('takes everything after -- for a positional', () => {
    expect(parseOptions(['--', '--strict'], specs).positionals).toEqual(['--strict']);
  });

  it.each([
    [['--curency', 'EUR'], /unknown option --curency\. Did you mean --currency\?/],
    [['-x'], /unknown option -x\.$/],
    [['--currency'], /--currency needs a value/],
    [['--strict=yes'], /--strict takes no value/],
    [['--currency', '--strict'], /--currency/],
  ])('refuses %j', (argv, message) => {
    expect(() => parseOptions(argv, specs)).toThrow(message);
    expect(() => parseOptions(argv, specs)).toThrow(UsageError);
  });
});

describe('exitCodes', () => {
  it('are the ones supervisors were promised', () => {
    expect(exitCodes).toEqual({ done: 0, failed: 1, usage: 2, unavailable: 3, refused: 4, bug: 70 });
  });
});
