import { describe, expect, it } from 'vitest';
import { RejectionWatch } from '../../src/pipeline/rejection-watch.ts';

function fed(pattern: readonly boolean[], times: number): RejectionWatch {
  const watch = new RejectionWatch();
  for (let n = 0; n < times; n += 1) watch.note('purchases', pattern[n % pattern.length] ?? false);
  return watch;
}

describe('RejectionWatch', () => {
  it.each([
    ['99 of 99 rejected: too few to judge', [true], 99, false],
    ['100 of 100 rejected', [true], 100, true],
    ['exactly half', [true, false], 1_000, true],
    ['one in three', [true, false, false], 1_000, false],
  ] as const)('%s', (_, pattern, times, tripped) => {
    expect(fed(pattern, times).tripped('purchases')).toBe(tripped);
  });

  it('forgets what lies more than 1,000 records back, and keeps inputs apart', () => {
    const watch = fed([true], 1_000);
    for (let n = 0; n < 501; n += 1) watch.note('purchases', false);
    expect(watch.tripped('purchases')).toBe(false);
    expect(watch.describe('purchases')).toBe('499 of the last 1000 records');
    expect(watch.tripped('surveys')).toBe(false);
  });
});
