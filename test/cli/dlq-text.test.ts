/** Dead letters as people and machines see them. */
import { describe, expect, it } from 'vitest';
import { letterText, listText, listed, reasonCounts, shownLetter } from '../../src/cli/dlq-text.ts';
import type { DeadLetter } from '../../src/pipeline/dead-letters.ts';

const letter: DeadLetter = {
  id: '0:12',
  partition: 0,
  writtenAtMs: Date.UTC(2026, 0, 1, 10),
  reason: 'no_rate',
  stage: 'validate',
  origin: { topic: 'customer.purchases.v1', partition: 3, offset: 17 },
  originTimestampMs: Date.UTC(2026, 0, 1, 9),
  schemaId: 7,
  key: Buffer.from('an"na'),
  value: Buffer.from('secret value\u0000'),
  headers: { traceparent: Buffer.from('t') },
  replayOf: null,
  lost: null,
};
const again: DeadLetter = { ...letter, id: '0:14', replayOf: '0:12' };

describe('listText', () => {
  it('lists id, time, reason and record, what was sent again and what came back, and no content', () => {
    const text = listText([letter, again].map(listed), new Set(['0:12']));
    expect(text.split('\n')).toEqual([
      'id    written               reason   record',
      '0:12  2026-01-01T10:00:00Z  no_rate  customer.purchases.v1-3@17  replayed',
      '0:14  2026-01-01T10:00:00Z  no_rate  customer.purchases.v1-3@17  replay of 0:12',
      '',
      '2 dead letters: 2 no_rate',
    ]);
    expect(JSON.stringify([letter].map(listed))).not.toMatch(/secret|an.?.?na/);
  });

  it('says so when there is none', () => {
    expect(listText([], new Set())).toBe('no dead letters');
  });
});

describe('reasonCounts', () => {
  it('has the most frequent reason first', () => {
    const reasons = ['a', 'b', 'b'].map((reason) => ({ reason }));
    expect(Object.entries(reasonCounts(reasons))).toEqual([
      ['b', 2],
      ['a', 1],
    ]);
  });
});

describe('letterText', () => {
  it('shows the whole letter, its value as hex', () => {
    const text = letterText(letter, false, 'it would be refused again: no_rate');
    expect(text).toContain('\nreplay              cannot be sent again: it would be refused again: no_rate\n');
    expect(text).toContain('\nkey                 "an\\"na"\n');
    expect(text).toContain('  0000  73 65 63 72 65 74 20 76 61 6c 75 65 00           secret value.');
    expect(letterText(again, true, null)).toMatch(/replay of +0:12\nreplay +has been sent again\n/);
    expect(letterText({ ...letter, key: null, value: null }, false, null)).toMatch(/\nvalue +none$/);
  });

  it('shows the beginning of a large value', () => {
    const lines = letterText({ ...letter, value: Buffer.alloc(1_000) }, false, null).split('\n');
    expect(lines.filter((text) => /^ {2}[0-9a-f]{4} {2}/.test(text))).toHaveLength(16);
    expect(lines).toContainEqual(expect.stringMatching(/^value +1000 bytes, the first 256$/));
  });
});

describe('shownLetter', () => {
  it('has bytes as base64', () => {
    expect(shownLetter(letter, false, null)).toMatchObject({
      id: '0:12',
      replayed: false,
      refusal: null,
      key: Buffer.from('an"na').toString('base64'),
      headers: { traceparent: 'dA==' },
    });
  });
});
