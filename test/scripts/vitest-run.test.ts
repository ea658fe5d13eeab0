import { describe, expect, it } from 'vitest';
import { count } from '../../scripts/vitest-run.ts';

const report = (passed: number, failed: number, files: readonly unknown[] = []): string =>
  JSON.stringify({ numPassedTests: passed, numFailedTests: failed, testResults: files });

describe('count', () => {
  it('takes the cases of the report', () => {
    expect(count(report(7, 2), 1)).toEqual({ passed: 7, failed: 2 });
    expect(count(report(7, 0), 0)).toEqual({ passed: 7, failed: 0 });
  });

  it('counts a file that could not be loaded as one failure', () => {
    expect(count(report(7, 0, [{ status: 'failed', assertionResults: [] }]), 1)).toEqual({ passed: 7, failed: 1 });
  });

  it('counts a run that failed outside every test, or left no report, as one failure', () => {
    expect(count(report(7, 0), 1)).toEqual({ passed: 7, failed: 1 });
    expect(count(null, 0)).toEqual({ passed: 0, failed: 1 });
  });
});
