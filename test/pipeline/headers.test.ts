import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { deadLetter, letterBytesMax, letterLimits, traceparentOf } from '../../src/pipeline/headers.ts';
import type { RawRecord } from '../../src/pipeline/ports.ts';

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

function letterOf(fields: Partial<RawRecord>) {
  const record = { offset: 7, timestampMs: 1_000, key: Buffer.from('k'), value: Buffer.from('v'), headers: {} };
  return deadLetter({
    topic: 'shop',
    partition: 3,
    record: { ...record, ...fields },
    reason: 'bad_magic',
    stage: 'decode',
    schemaId: null,
    engineVersion: '1',
    sha256,
  });
}

describe('deadLetter', () => {
  const origin = {
    'clientele.reason': 'bad_magic',
    'clientele.errors.stage': 'decode',
    'clientele.errors.topic': 'shop',
    'clientele.errors.partition': '3',
    'clientele.errors.offset': '7',
    'clientele.errors.timestamp': '1000',
    'clientele.errors.app.version': '1',
  };

  it('has the bytes of its record, its headers, and where it came from', () => {
    const letter = letterOf({ headers: { till: Buffer.from('4') } });
    expect(letter.key).toEqual(Buffer.from('k'));
    expect(letter.value).toEqual(Buffer.from('v'));
    expect({ ...letter.headers }).toEqual({ till: Buffer.from('4'), ...origin });
  });

  it('tells of a batch that stands as one record where it begins, how many it claims and how it is packed', () => {
    const unreadable = { reason: 'oversized', why: '', firstOffset: 3, records: 5, compression: 'gzip' } as const;
    const letter = letterOf({ key: null, value: Buffer.from('batch'), unreadable });
    expect([letter.key, letter.value]).toEqual([null, Buffer.from('batch')]);
    expect({ ...letter.headers }).toEqual({
      ...origin,
      'clientele.errors.batch.offset': '3',
      'clientele.errors.batch.records': '5',
      'clientele.errors.batch.compression': 'gzip',
    });
  });

  it('says itself where it came from, whatever headers its record had', () => {
    const headers = Object.fromEntries(Object.keys(origin).map((name) => [name, Buffer.from('forged')]));
    expect({ ...letterOf({ headers }).headers }).toEqual(origin);
  });

  it('keeps a header called __proto__ as one header', () => {
    const headers = Object.fromEntries([['__proto__', Buffer.from('4')]]);
    const names: string[] = [];
    for (const name in letterOf({ headers }).headers) names.push(name);
    expect(names).toEqual(['__proto__', ...Object.keys(origin)]);
  });

  it('takes key and value whole up to their limits', () => {
    const key = Buffer.alloc(letterLimits.keyBytes, 1);
    const value = Buffer.alloc(letterLimits.valueBytes, 2);
    expect(letterOf({ key, value })).toMatchObject({ key, value });
  });

  it('takes size and SHA-256 of a larger key or value, and the size of more headers, so that no letter is refused', () => {
    const key = Buffer.alloc(letterLimits.keyBytes + 1, 1);
    const value = Buffer.alloc(letterLimits.valueBytes + 1, 2);
    const letter = letterOf({ key, value, headers: { big: Buffer.alloc(letterLimits.headerBytes) } });
    expect([letter.key, letter.value]).toEqual([null, null]);
    expect({ ...letter.headers }).toEqual({
      'clientele.errors.headers.bytes': '65555',
      'clientele.errors.key.bytes': '65537',
      'clientele.errors.key.sha256': sha256(key),
      'clientele.errors.value.bytes': '1048577',
      'clientele.errors.value.sha256': sha256(value),
      ...origin,
    });
    const { keyBytes, valueBytes, headerBytes } = letterLimits;
    expect(keyBytes + valueBytes + headerBytes).toBeLessThan(letterBytesMax / 1.5);
  });
});

describe('traceparentOf', () => {
  const sound = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
  it.each([
    ['a W3C trace context', sound, sound],
    ['one in capitals', sound.toUpperCase(), null],
    ['nothing', '', null],
    ['a megabyte', '0'.repeat(1_000_000), null],
  ])('of %s', (_, text, expected) => {
    expect(traceparentOf({ traceparent: Buffer.from(text) })).toBe(expected);
    expect(traceparentOf({})).toBeNull();
  });
});
