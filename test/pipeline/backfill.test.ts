/** The headers that mark an imported record and the end of an import. */
import { describe, expect, it } from 'vitest';
import { backfillEndHeader, backfillHeader, backfillRunOf, isEndMarker } from '../../src/pipeline/backfill.ts';

describe('backfillRunOf', () => {
  it('reads the run id of an imported record', () => {
    expect(backfillRunOf({ [backfillHeader]: Buffer.from('run-1') })).toBe('run-1');
  });

  it.each([
    ['no header', {}],
    ['an empty one', { [backfillHeader]: Buffer.alloc(0) }],
    ['one longer than 64 bytes', { [backfillHeader]: Buffer.alloc(65, 'a') }],
    ['an end marker', { [backfillEndHeader]: Buffer.from('run-1') }],
  ])('takes %s for a live record', (_what, headers) => {
    expect(backfillRunOf(headers)).toBeNull();
  });
});

describe('isEndMarker', () => {
  it('knows the end of an import by its header alone', () => {
    const headers = { [backfillEndHeader]: Buffer.from('run-1') };
    expect(isEndMarker({ value: null, headers })).toBe(true);
    expect(isEndMarker({ value: null, headers: { [backfillHeader]: Buffer.from('run-1') } })).toBe(false);
    expect(isEndMarker({ value: null, headers: {} })).toBe(false);
    expect(isEndMarker({ value: Buffer.from('an event'), headers })).toBe(false);
    expect(isEndMarker({ value: null, headers: { [backfillEndHeader]: Buffer.alloc(0) } })).toBe(false);
    expect(isEndMarker({ value: null, headers: { [backfillEndHeader]: Buffer.alloc(65) } })).toBe(false);
  });
});
