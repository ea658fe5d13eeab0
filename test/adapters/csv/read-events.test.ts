/** Files on disk -> ordered events and refused rows. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { type FileMapping, resolveMapping } from '../../../src/adapters/csv/mapping.ts';
import { DataRefusedError } from '../../../src/pipeline/ports.ts';
import { fileStem, readEvents } from '../../../src/adapters/csv/read-events.ts';

const directory = mkdtempSync(join(tmpdir(), 'clientele-csv-'));
afterAll(() => {
  rmSync(directory, { recursive: true });
});
const cdnow = resolveMapping('cdnow', {});

function file(name: string, content: string | Buffer): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

async function ids(path: string | readonly string[], mapping: FileMapping = cdnow): Promise<readonly string[]> {
  const { events } = await readEvents(typeof path === 'string' ? [path] : path, mapping);
  return events.map(({ event }) => event.eventId);
}

const rows =
  'customer_id,date,quantity,amount_usd\n00002,1997-01-12,5,77.00\n00001,1997-01-01,1,11.77\n00003,1997-01-01,1,2.00\n';

describe('readEvents', () => {
  it('orders events by event time and keeps the order of rows at one instant', async () => {
    expect(await ids(file('order.csv', rows))).toEqual(['order:2', 'order:3', 'order:1']);
  });

  it('gives the same ids and events for the plain and the packed file', async () => {
    const plain = await readEvents([file('same.csv', rows)], cdnow);
    const packed = await readEvents([file('same.csv.gz', gzipSync(rows))], cdnow);
    expect(packed.events).toEqual(plain.events);
  });

  it('reads the CDNOW columns: exact cents, noon UTC, leading zeros kept', async () => {
    const { events } = await readEvents([file('purchases.csv', rows)], cdnow);
    expect(events[0]).toMatchObject({
      input: 'purchases',
      event: {
        eventId: 'purchases:2',
        customerId: '00001',
        occurredAt: Date.UTC(1997, 0, 1, 12),
        kind: 'order',
        orderId: 'purchases:2',
        currency: 'USD',
        amountMinor: 1177,
        lines: [],
      },
    });
  });

  it('merges several files in event time', async () => {
    const later = file('b.csv', 'customer_id,date,quantity,amount_usd\n1,1997-01-02,1,1\n');
    const earlier = file('a.csv', 'customer_id,date,quantity,amount_usd\n1,1997-01-03,1,1\n1,1997-01-01,1,1\n');
    expect(await ids([later, earlier])).toEqual(['a:2', 'b:1', 'a:1']);
  });

  it('reads quoted fields with delimiters, quotes and line breaks, CRLF, a BOM and empty lines', async () => {
    const mapping = resolveMapping('generic', { map: 'customerId=Id,occurredAt=When', delimiter: ';' });
    const content = '\uFEFFId;"When"\r\n"a;""b""";2024-01-01\r\n\r\n"two\r\nlines";2024-01-02\r\n';
    const { events, rows: count } = await readEvents([file('quoted.csv', content)], mapping);
    expect(events.map(({ event }) => event.customerId)).toEqual(['a;"b"', 'two\r\nlines']);
    expect(count).toBe(2);
  });

  it('refuses rows with their number and reason and keeps the rest', async () => {
    const content =
      'customer_id,date,quantity,amount_usd\n' +
      ',1997-01-01,1,1.00\n1,1997-02-30,1,1.00\n1,1997-01-01,1,1.005\n1,1997-01-01,1\n1,1997-01-01,1,1.00\n';
    const path = file('faults.csv', content);
    const result = await readEvents([path], cdnow);
    expect(result.refused).toEqual([
      { file: path, row: 1, reason: 'customerId is empty' },
      { file: path, row: 2, reason: 'occurredAt is not YYYY-MM-DD, nor a date and time with a zone' },
      { file: path, row: 3, reason: 'amount has more than 2 decimals' },
      { file: path, row: 4, reason: 'row has 3 columns, the header 4' },
    ]);
    expect(result.events.map(({ event }) => event.eventId)).toEqual(['faults:5']);
    expect(result.rows).toBe(5);
    expect(result.events.length + result.refused.length).toBe(result.rows);
  });

  it.each([
    ['is never closed', '1,1997-01-01,1,1\n"2,1997-01-01,1,1\n3,1997-01-01,1,1\n', /line 4: a quote is not closed/],
    [
      'ends inside a field',
      '1,1997-01-01,1,1\n"2"x,1997-01-01,1,1\n3,1997-01-01,1,1\n',
      /line 3: a quote stands inside/,
    ],
    ['begins inside a field', 'a"b",1997-01-01,1,1\n', /line 2: a quote stands inside/],
    ['swallows a megabyte', `"${'x'.repeat(1_100_000)}`, /a row is longer than 1048576 bytes/],
  ])('refuses a whole file once a quote %s: rows after it cannot be told apart', async (_how, body, message) => {
    const path = file('quotes.csv', `customer_id,date,quantity,amount_usd\n${body}`);
    const reading = readEvents([path], cdnow);
    await expect(reading).rejects.toThrow(message);
    await expect(reading).rejects.toBeInstanceOf(DataRefusedError);
  });

  it('suggests the column that was meant when one is missing', async () => {
    const path = file('columns.csv', 'customer_id,date,quantity,amount_us\n');
    await expect(readEvents([path], cdnow)).rejects.toThrow(
      /has no column amount_usd \(for amount\)\. Did you mean amount_us\?/,
    );
  });

  it('refuses an empty file and one that cannot be read', async () => {
    await expect(readEvents([file('empty.csv', '')], cdnow)).rejects.toThrow(/is empty: a header line is needed/);
    await expect(readEvents([join(directory, 'absent.csv')], cdnow)).rejects.toThrow(/ENOENT/);
    await expect(readEvents([file('bad.csv.gz', 'not packed')], cdnow)).rejects.toThrow(/header check/);
  });

  it('refuses two files whose event ids would collide, unless a column gives the ids', async () => {
    const one = file('same-name.csv', rows);
    const two = file('same-name.csv.gz', gzipSync(rows));
    await expect(readEvents([one, two], cdnow)).rejects.toThrow(/two files are called same-name/);
    const mapped = resolveMapping('generic', { map: 'customerId=customer_id,occurredAt=date,eventId=quantity' });
    expect(await ids([one, two], mapped)).toHaveLength(6);
  });
});

describe('fileStem', () => {
  it.each([
    ['/a/purchases.csv.gz', 'purchases'],
    ['orders.2024.csv', 'orders.2024'],
    ['plain', 'plain'],
    ['.hidden', '.hidden'],
  ])('of %s is %s', (path, stem) => {
    expect(fileStem(path)).toBe(stem);
  });
});
