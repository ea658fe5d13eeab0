// The scan lets every sound value pass and stops every hostile one before it can cost anything.
import avro from 'avsc';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileScan, scanLimits } from '../../../src/adapters/avro/scanner.ts';
import { compile, contractType, type ContractName } from '../../../src/adapters/avro/types.ts';
import { purchaseBody } from './samples.ts';

/** Longest a hostile value may occupy the process, ms. */
const hostileMsMax = 5;

const long = (value: number | bigint): Buffer => {
  let zigzag = value < 0 ? BigInt(value) * -2n - 1n : BigInt(value) * 2n;
  const bytes: number[] = [];
  for (; zigzag > 127n; zigzag >>= 7n) bytes.push(Number(zigzag & 127n) | 128);
  return Buffer.from([...bytes, Number(zigzag)]);
};

const record = (type: unknown): string => JSON.stringify({ type: 'record', name: 'R', fields: [{ name: 'a', type }] });
const empty = { type: 'record', name: 'Empty', fields: [] };
const deep = JSON.stringify({ type: 'record', name: 'R', fields: [{ name: 'next', type: ['null', 'R'] }] });
const bottomless = JSON.stringify({ type: 'record', name: 'R', fields: [{ name: 'next', type: 'R' }] });
const nested = record({ type: 'array', items: { type: 'array', items: 'null' } });
const thousandEmptyArrays = Buffer.concat([
  long(1000),
  ...Array<Buffer>(1000).fill(Buffer.concat([long(1000), long(0)])),
  long(0),
]);

const hostile: readonly (readonly [string, string, Buffer, string])[] = [
  ['2^31 nulls', record({ type: 'array', items: 'null' }), Buffer.concat([long(2 ** 31), long(0)]), 'limit_exceeded'],
  [
    '2^62 empty records',
    record({ type: 'array', items: empty }),
    Buffer.concat([long(2n ** 62n), long(0)]),
    'limit_exceeded',
  ],
  [
    '-2^63 nulls',
    record({ type: 'array', items: 'null' }),
    Buffer.concat([long(-(2n ** 63n)), long(0), long(0)]),
    'limit_exceeded',
  ],
  ['a million nulls in nested arrays', nested, thousandEmptyArrays, 'limit_exceeded'],
  ['2^31 strings', record({ type: 'array', items: 'string' }), Buffer.concat([long(2 ** 31), long(0)]), 'undecodable'],
  ['2^31 map entries', record({ type: 'map', values: 'null' }), Buffer.concat([long(2 ** 31), long(0)]), 'undecodable'],
  ['a string of 2^31 bytes', record('string'), long(2 ** 31), 'undecodable'],
  ['bytes of 2^62', record('bytes'), long(2n ** 62n), 'undecodable'],
  ['a string of -1 bytes', record('string'), long(-1), 'undecodable'],
  ['a string over the limit', record('string'), Buffer.concat([long(70_000), Buffer.alloc(70_000)]), 'limit_exceeded'],
  [
    'a fixed larger than the value',
    record({ type: 'fixed', name: 'F', size: 2 ** 20 }),
    Buffer.alloc(9),
    'undecodable',
  ],
  [
    'a block size that lies',
    record({ type: 'array', items: 'null' }),
    Buffer.concat([long(-1), long(50), long(0)]),
    'undecodable',
  ],
  [
    'a negative block size',
    record({ type: 'array', items: 'int' }),
    Buffer.concat([long(-1), long(-9), long(0)]),
    'undecodable',
  ],
  ['a block that never ends', record({ type: 'array', items: 'int' }), Buffer.alloc(1_000, 2), 'undecodable'],
  ['a million records in one another', deep, Buffer.alloc(1_000_000, 2), 'limit_exceeded'],
  ['a schema without a bottom', bottomless, Buffer.alloc(0), 'limit_exceeded'],
  ['a varint that never ends', record('long'), Buffer.alloc(1_000_000, 0xff), 'undecodable'],
  ['a varint of 70 bits', record('long'), Buffer.from([...Array<number>(9).fill(0xff), 2]), 'undecodable'],
  ['an int of 33 bits', record('int'), long(2 ** 31), 'undecodable'],
  ['a union branch that is not there', record(['null', 'int']), long(2), 'undecodable'],
  ['a negative union branch', record(['null', 'int']), long(-1), 'undecodable'],
  ['an enum symbol that is not there', record({ type: 'enum', name: 'E', symbols: ['x'] }), long(1), 'undecodable'],
  ['a boolean of 2', record('boolean'), Buffer.from([2]), 'undecodable'],
  ['a truncated double', record('double'), Buffer.alloc(7), 'undecodable'],
  ['trailing bytes', record('int'), Buffer.concat([long(1), long(1)]), 'undecodable'],
  ['a long beyond 2^53', record('long'), long(2n ** 60n), 'invalid_field'],
  ['a negative long the library would read as positive', record('long'), long(-(2n ** 52n) - 1n), 'invalid_field'],
  ['NaN', record('double'), Buffer.from('000000000000f87f', 'hex'), 'invalid_field'],
  ['an infinite float', record('float'), Buffer.from('0000807f', 'hex'), 'invalid_field'],
];

describe('compileScan', () => {
  it.each(hostile)('refuses %s within 5 ms, allocating nothing to speak of', (_name, schema, bytes, fault) => {
    const scan = compileScan(compile(schema));
    const heapBefore = process.memoryUsage().heapUsed;
    const elapsedMs = [1, 2, 3].map(() => {
      const startedAt = performance.now();
      expect(scan(bytes, 0)).toBe(fault);
      return performance.now() - startedAt;
    });
    // The best of three: the machine may have been busy elsewhere.
    expect(Math.min(...elapsedMs)).toBeLessThan(hostileMsMax);
    expect(process.memoryUsage().heapUsed - heapBefore).toBeLessThan(1_000_000);
  });

  it('lets the largest value within the limits pass', () => {
    const schema = record({ type: 'array', items: 'string' });
    const scan = compileScan(compile(schema));
    const body = (items: number): Buffer => compile(schema).toBuffer({ a: Array<string>(items).fill('x') });
    expect(scan(body(scanLimits.items), 0)).toBeNull();
    expect(scan(body(scanLimits.items + 1), 0)).toBe('limit_exceeded');
  });

  it('accepts blocks with their size, as other libraries write them', () => {
    const scan = compileScan(compile(record({ type: 'array', items: 'int' })));
    expect(scan(Buffer.concat([long(-2), long(2), long(1), long(2), long(1), long(3), long(0)]), 0)).toBeNull();
  });

  const names: readonly ContractName[] = [
    'purchases',
    'interactions',
    'surveys',
    'tierChanged',
    'profile',
    'changelog',
  ];
  it.each(names)('lets random values of %s pass', (name) => {
    const type = contractType(name);
    const scan = compileScan(type);
    for (let i = 0; i < 200; i++) {
      const body = type.toBuffer(type.random());
      // Random longs and doubles may be odd; the walk itself must reach the end.
      expect(['invalid_field', null]).toContain(scan(body, 0));
    }
  });

  it('finds a fault in every truncation of a purchase', () => {
    const body = purchaseBody();
    const scan = compileScan(contractType('purchases'));
    for (let end = 0; end < body.length; end++) expect(scan(body.subarray(0, end), 0)).toBe('undecodable');
  });

  it('passes no bytes that the library then reads differently', () => {
    const type = contractType('purchases');
    const scan = compileScan(type);
    const flips = fc.array(fc.tuple(fc.nat({ max: purchaseBody().length - 1 }), fc.nat({ max: 255 })), {
      maxLength: 3,
    });
    fc.assert(
      fc.property(flips, (changes) => {
        const body = purchaseBody();
        for (const [at, byte] of changes) body[at] = byte;
        if (scan(body, 0) !== null) return;
        const value: unknown = type.fromBuffer(body);
        expect(avro.Type.isType(type)).toBe(true);
        expect(type.isValid(value)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});
